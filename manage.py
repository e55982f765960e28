#!/usr/bin/env python
"""Command line of the project: ``python manage.py help``."""

import os
import sys

from django.core.management import execute_from_command_line

from greenhouse.training.errors import WrongBase


def main() -> None:
    """Run a management command with the operator settings, unless the environment names others."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.console")
    try:
        execute_from_command_line(sys.argv)
    except WrongBase as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
