#!/usr/bin/env python
"""Command line of the project: ``python manage.py help``."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    """Run a management command with the operator settings, unless the environment names others."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.console")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
