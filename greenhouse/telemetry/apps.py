from django.apps import AppConfig


class TelemetryConfig(AppConfig):
    """Samples: recorded once, read as series."""

    name = "greenhouse.telemetry"
    label = "telemetry"
