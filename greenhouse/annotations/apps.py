from django.apps import AppConfig


class AnnotationsConfig(AppConfig):
    """What people note beside the curves."""

    name = "greenhouse.annotations"
    label = "annotations"
