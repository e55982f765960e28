from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """The hash-chained, append-only record of what people and programs did."""

    name = "greenhouse.ledger"
    label = "ledger"
