"""Hold the plant model to balances, publications and a foreign model, and write docs/validation.md.

python -m scripts.validate_plant
"""

from __future__ import annotations

from scripts.validate_plant.document import PAGE, write
from scripts.validate_plant.findings import all_parts


def main() -> None:
    """Write the page and say what misses its goal."""
    parts = all_parts()
    write(parts)
    for figure in (figure for part in parts for figure in part.figures):
        if not figure.met:
            print(f"missed: {figure.what}: {figure.found}, goal {figure.goal}")
    print(f"written: {PAGE.name}")


if __name__ == "__main__":
    main()
