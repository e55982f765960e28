"""Series of samples, in buckets."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as N_
from ninja import Query, Router

from greenhouse.access.tokens import Scope
from greenhouse.api import export
from greenhouse.api.callers import needs
from greenhouse.api.input_faults import fault
from greenhouse.api.shapes import Moment, SeriesOut
from greenhouse.api.value_views import PointList, asked_points
from greenhouse.site.point_index import point_index

router = Router(tags=["values"])

MOST_POINTS = 50
LONGEST_RESOLUTION_S = 366 * 86_400


class Format(StrEnum):
    """How a series is written."""

    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"


PARQUET_TYPE = "application/vnd.apache.parquet"
_FILES = {
    Format.CSV: {"text/csv": {"schema": {"type": "string"}}},
    Format.PARQUET: {PARQUET_TYPE: {"schema": {"type": "string", "format": "binary"}}},
}


@router.get(
    "/series",
    auth=needs(Scope.READ),
    response=SeriesOut,
    operation_id="series",
    summary=N_("Samples of a span of time"),
    description=N_(
        "In buckets, with minimum, mean and maximum of the usable values and the share of time that they cover. Where "
        "no value was known there is no bucket: gaps stay gaps. What cannot be read is named, in JSON under "
        "unreadable, in CSV and Parquet in the column note. One answer holds at most 200,000 buckets and reads at "
        "most 5,000,000 stored values; more is refused, never cut off."
    ),
    openapi_extra={"responses": {200: {"content": {**_FILES[Format.CSV], **_FILES[Format.PARQUET]}}}},
)
def series(
    request: HttpRequest,
    *,
    points: Annotated[PointList, Query()],
    start: Annotated[Moment, Query(description=N_("First moment, with its time zone."))],
    end: Annotated[Moment, Query(description=N_("The span ends before this moment."))],
    resolution_s: Annotated[
        int | None,
        Query(
            ge=1,
            le=LONGEST_RESOLUTION_S,
            description=N_(
                "Length of a bucket; the first one begins at start. Left out: about a thousand buckets. Whole minutes, "
                "quarters and hours are fast over years."
            ),
        ),
    ] = None,
    format: Annotated[Format, Query()] = Format.JSON,  # noqa: A002  (its name outside)
) -> HttpResponse:
    """Samples of a span of time, in buckets."""
    index = point_index()
    wanted = asked_points(points, lambda key: export.asked_point(key, index), most=MOST_POINTS)
    if end <= start:
        raise fault("end", _("must lie after start"))
    resolution = export.usual_resolution(start, end) if resolution_s is None else timedelta(seconds=resolution_s)
    ask = export.Ask(points=wanted, start=start, end=end, resolution=resolution)
    export.require_affordable(ask)
    found = export.read(ask, index=index)
    if format is Format.CSV:
        return _file(export.as_csv(found), "text/csv; charset=utf-8", "csv", start)
    if format is Format.PARQUET:
        return _file(export.as_parquet(found), PARQUET_TYPE, "parquet", start)
    return HttpResponse(export.as_json(found), content_type="application/json")


def _file(content: str | bytes, content_type: str, ending: str, start: datetime) -> HttpResponse:
    name = f"series-{start:%Y%m%dT%H%M}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=content_type, headers=headers)
