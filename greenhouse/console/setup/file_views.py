"""The whole file as text, its versions, and the one place where a reviewed change is applied."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from devices.errors import FaultyFile
from greenhouse.access.roles import Action
from greenhouse.clock import utc_now
from greenhouse.configuration import differences, versions
from greenhouse.configuration.errors import ConfigurationError, Conflict, FaultySource, NoReason
from greenhouse.configuration.faults import LocatedFault, located
from greenhouse.configuration.models import Origin, Version
from greenhouse.configuration.source import Source, check, read_disk
from greenhouse.configuration.versions import Author, DiskStanding
from greenhouse.console.page.base import with_base
from greenhouse.console.setup import review
from greenhouse.console.setup.edit_views import seen_number
from greenhouse.console.setup.forms import ReasonForm
from greenhouse.console.setup.pages import frame, require, rights, with_version
from greenhouse.console.setup.words import origin_in_words, refusal_in_words
from greenhouse.site.basefile.schema import BaseFile
from greenhouse.site.current import NoBase, current_base
from greenhouse.site.structure import BaseStructure

LONGEST_TEXT = 1_000_000
"""A base of 40 houses takes about 200,000 characters."""
VERSIONS_SHOWN = 200


def posted_source(request: HttpRequest, version: Version | None) -> Source:
    """Both texts as a form sent them: browsers send other line ends. Profiles stay as they are; they are files."""
    texts = [request.POST.get(name, "").replace("\r\n", "\n").replace("\r", "\n") for name in ("base", "alarms")]
    if any(len(text) > LONGEST_TEXT for text in texts):
        raise PermissionDenied
    return replace(versions.source_of(version), base=texts[0], alarms=texts[1])


@require_http_methods(["GET", "HEAD", "POST"])
@with_version
def edit_file(request: HttpRequest, base: BaseStructure, version: Version) -> HttpResponse:
    """The base file and the alarm file as text, for engineers."""
    require(request, Action.CONFIGURE)
    if request.method != "POST":
        return _file_page(request, base, versions.source_of(version), seen=version.number)
    source, seen = posted_source(request, version), seen_number(request)
    try:
        return review.show(request, base, version, source, seen=seen, back=request.path)
    except FaultySource as error:
        return _file_page(request, base, source, seen=seen, faults=located(source, error.faults))
    except ConfigurationError as error:
        return review.refused(request, base, error, back=request.path, kept=source)


def _file_page(
    request: HttpRequest, base: BaseStructure, source: Source, *, seen: int, faults: list[LocatedFault] | None = None
) -> HttpResponse:
    context = {**frame(base), **rights(request), "source": source, "seen": seen, "faults": faults or []}
    return render(request, "console/setup/file.html", context, status=422 if faults else 200)


@require_POST
@with_version
def apply_source(request: HttpRequest, base: BaseStructure, version: Version) -> HttpResponse:
    """Apply what was reviewed."""
    returned_to = request.POST.get("returned_to", "")
    origin, source, back = Origin.PAGE, posted_source(request, version), reverse("console:setup_structure")
    if returned_to:
        older = _version(returned_to)
        origin, source, back = (
            Origin.RETURN,
            versions.source_of(older),
            reverse("console:setup_version", args=[older.pk]),
        )
    by, reason, seen = _who_may(request, versions.source_of(version), source), _reason(request), seen_number(request)
    number = int(returned_to) if returned_to else None
    try:
        if seen != version.number:  # the rights were judged by this one
            raise Conflict(version.number)
        if not reason:
            typed, fault = request.POST.get("reason", ""), refusal_in_words(NoReason())
            return review.show(
                request, base, version, source, seen=seen, back=back, reason=typed, returned_to=number, fault=fault
            )
        made = versions.apply(source, Author(by, reason), seen=seen, now=utc_now(), origin=origin, returned_to=number)
    except FaultySource as error:
        # It was checked at the review. What has come since is another program, or another sender than our page.
        return _file_page(request, base, source, seen=seen, faults=located(source, error.faults))
    except ConfigurationError as error:
        return review.refused(request, base, error, back=back, kept=source)
    return HttpResponseRedirect(f"{reverse('console:setup_version', args=[made.number])}?applied=1")


def _who_may(request: HttpRequest, old: Source, new: Source) -> User:
    """Limits of alarms are a supervisor's; everything else is an engineer's."""
    if old.base == new.base and dict(old.profiles) == dict(new.profiles):
        return require(request, Action.CHANGE_ALARMS)
    return require(request, Action.CONFIGURE)


def _reason(request: HttpRequest) -> str:
    form = ReasonForm(request.POST)
    return str(form.cleaned_data["reason"]) if form.is_valid() else ""


def _version(text: str) -> Version:
    if not text.isdecimal() or len(text) > 9:
        raise Http404(text)
    return get_object_or_404(Version, number=int(text))


@require_POST
@with_version
def finish(request: HttpRequest, base: BaseStructure, version: Version) -> HttpResponse:
    """Complete the newest version, if applying it was cut off."""
    require(request, Action.CONFIGURE)
    try:
        versions.finish(now=utc_now())
    except FaultySource as error:
        source = versions.source_of(version)
        return _file_page(request, base, source, seen=version.number, faults=located(source, error.faults))
    return HttpResponseRedirect(reverse("console:setup_versions"))


@require_safe
@with_base
def show_versions(request: HttpRequest, base: BaseStructure) -> HttpResponse:
    """Every version, the newest first: who, when, why, and how it stands to the file on disk."""
    require(request, Action.CHANGE_ALARMS)
    found = Version.objects.select_related("author").defer("base_text", "alarms_text", "profile_texts")
    standing, disk = versions.disk_standing(settings.BASE_FILE)
    newest = versions.newest()
    is_other = disk is not None and newest is not None and standing is not DiskStanding.SAME
    context = {
        **frame(base),
        **rights(request),
        "versions": [(version, origin_in_words(version)) for version in found[:VERSIONS_SHOWN]],
        "applied": versions.applied(),
        "newest": newest,
        "standing": standing.value,
        "file_name": settings.BASE_FILE.name,
        "disk_lines": differences.lines(versions.source_of(newest), disk) if is_other and disk is not None else [],
    }
    return render(request, "console/setup/versions.html", context)


@require_safe
@with_version
def show_version(request: HttpRequest, base: BaseStructure, newest: Version, number: int) -> HttpResponse:
    """What one version changed; an older one can be applied again."""
    require(request, Action.CHANGE_ALARMS)
    version = get_object_or_404(Version.objects.select_related("author"), number=number)
    before = Version.objects.filter(number=number - 1).first()
    mine = versions.source_of(version)
    is_old = version.digest != newest.digest
    faults = _faults(mine) if is_old else []
    context = {
        **frame(base),
        **rights(request),
        "version": version,
        "how": origin_in_words(version),
        "rows": [] if before is None else review.rows(versions.source_of(before), mine),
        "lines": [] if before is None else differences.lines(versions.source_of(before), mine),
        "source": mine,
        "newest": newest,
        "is_old": is_old,
        "back_rows": review.rows(versions.source_of(newest), mine) if is_old and not faults else [],
        "faults": faults,
        "was_applied": request.GET.get("applied") == "1" and version.number == newest.number,
    }
    return render(request, "console/setup/version.html", context)


def _faults(source: Source) -> list[LocatedFault]:
    """What today's program refuses of a text that it once took."""
    try:
        check(source)
    except FaultySource as error:
        return located(source, error.faults)
    return []


def examples() -> dict[str, Path]:
    """Base files that come with the program, and the one on this machine, by name."""
    shipped = sorted((settings.BASE_DIR / "bases").glob("*.toml"))
    files = [path for path in shipped if not path.name.endswith(".alarms.toml")]
    if settings.BASE_FILE.exists() and settings.BASE_FILE not in files:
        files.insert(0, settings.BASE_FILE)
    return {path.stem: path for path in files}


@require_http_methods(["GET", "HEAD", "POST"])
def first_base(request: HttpRequest) -> HttpResponse:
    """A base to begin with, where there is none yet: an example, or the file of this machine."""
    user = require(request, Action.CONFIGURE)
    try:
        current_base()
    except NoBase:
        pass
    else:
        return HttpResponseRedirect(reverse("console:setup_structure"))
    fault = ""
    if request.method == "POST":
        path = examples().get(request.POST.get("example", ""))
        if path is None:
            raise Http404
        try:
            source = read_disk(path)
            versions.apply(source, Author(user, _reason(request)), seen=0, now=utc_now())
        except FaultyFile as error:
            fault = "; ".join(error.faults)
        except ConfigurationError as error:
            fault = refusal_in_words(error)
        else:
            return HttpResponseRedirect(reverse("console:setup_structure"))
    context = {"examples": [(name, _content(path)) for name, path in examples().items()], "fault": fault}
    return render(request, "console/setup/first.html", context, status=422 if fault else 200)


def _content(path: Path) -> BaseFile | None:
    """What a file says; None if it is faulty."""
    try:
        return check(read_disk(path)).base
    except FaultyFile:
        return None
