"""fhirpy, both ways: counting, fetching all, getting one, and searches whose answers are worked out again here."""

import asyncio

from fhirpy import AsyncFHIRClient, SyncFHIRClient
from fhirpy.base.exceptions import ResourceNotFound

import sandbox

PAGE = 5


def ids(resources):
    return sorted(each["id"] for each in resources)


def codings(concept):
    return {f"{each['system']}|{each['code']}" for each in concept.get("coding", []) if "system" in each and "code" in each}


def categories(observation):
    return set().union(*(codings(each) for each in observation.get("category", [])), set())


def client_of(user):
    return SyncFHIRClient(sandbox.BASE, authorization=f"Bearer {sandbox.token(user['user'])}")


def check_counting(client, patient):
    """count() asks for `_count=0&_totalMethod=count`: an exact total, no entries, and no objection to a strange parameter."""
    for kind in ("Observation", "Immunization"):
        search = client.resources(kind).search(patient=patient)
        fetched = search.limit(PAGE).fetch_all()
        assert search.count() == len(fetched) == len(set(ids(fetched))), kind
        assert ids(search.fetch_all()) == ids(fetched), f"{kind}: page size changes nothing"
        first = search.first()
        assert first and first["id"] in ids(fetched), kind
    raw = client.resources("Observation").search(patient=patient).limit(0).fetch_raw()
    assert raw["total"] > 0 and "entry" not in raw, "_count=0 gives the total alone"
    return client.resources("Observation").search(patient=patient).fetch_all()


def check_getting(client, patient):
    assert client.get("Patient", patient)["id"] == patient
    assert client.reference("Patient", patient).to_resource()["id"] == patient
    assert client.resources("Patient").search(_id=patient).get()["id"] == patient
    assert ids(client.resources("Patient").fetch_all()) == [patient], "a patient's token finds that patient only"
    by_reference = client.resources("Observation").search(patient=f"Patient/{patient}").count()
    assert by_reference == client.resources("Observation").search(patient=patient).count(), "Patient/ID is ID"


def check_tokens(client, patient, everything):
    """Category and code, with their system and without, alone and together."""
    search = client.resources("Observation").search(patient=patient)
    seen = sorted(set().union(*(categories(each) for each in everything)))
    assert seen, "no observation has a category"
    for category in seen:
        expected = ids(each for each in everything if category in categories(each))
        assert ids(search.search(category=category).fetch_all()) == expected, category
        bare = category.split("|")[1]
        assert set(expected) <= set(ids(search.search(category=bare).fetch_all())), bare
    code = sorted(codings(everything[0]["code"]))[0]
    expected = ids(each for each in everything if code in codings(each["code"]))
    assert ids(search.search(code=code).fetch_all()) == expected, code
    both = ids(each for each in everything if code in codings(each["code"]) and seen[0] in categories(each))
    assert ids(search.search(code=code, category=seen[0]).fetch_all()) == both, "criteria narrow each other"


def check_dates(client, patient, everything):
    """ge and lt of a New Year's Day in between part the record; what is dated to the day falls on the right side."""
    dated = [each for each in everything if "effectiveDateTime" in each or "effectivePeriod" in each]
    exact = sorted(each["effectiveDateTime"] for each in dated if len(each.get("effectiveDateTime", "")) >= 10)
    assert exact, "no observation is dated to the day"
    pivot = f"{exact[len(exact) // 2][:4]}-01-01"
    search = client.resources("Observation").search(patient=patient)
    from_pivot = search.search(date__ge=pivot).fetch_all()
    before = search.search(date__lt=pivot).fetch_all()
    assert set(ids(from_pivot)) | set(ids(before)) == set(ids(dated)), "nothing dated is lost"
    for each in from_pivot:
        when = each.get("effectiveDateTime", pivot)
        assert when[:4] >= pivot[:4], f"ge{pivot} found {when}"
    for each in before:
        when = each.get("effectiveDateTime", "")
        assert when[:4] < pivot[:4], f"lt{pivot} found {when}"
    category = sorted(next(filter(None, map(categories, from_pivot))))[0]
    narrow = search.search(category=category, date__ge=pivot, date__le="2999-12-31")
    expected = ids(each for each in from_pivot if category in categories(each))
    assert ids(narrow.fetch_all()) == expected, "patient, category and two dates"


def check_order(client, patient):
    raw = client.resources("Observation").search(patient=patient).sort("-date").fetch_raw()
    used = next(each["url"] for each in raw["link"] if each["relation"] == "self")
    if "_sort" not in used:
        print("SKIP _sort: the self link does not name it, so the server does not claim to sort")
        return
    days = [each.resource["effectiveDateTime"][:4] for each in raw["entry"] if each.resource.get("effectiveDateTime")]
    assert days == sorted(days, reverse=True), "_sort=-date is newest first"


def check_strangers(client, user):
    """Another's patient is like none at all."""
    other = sandbox.stranger(user)["patient"]
    try:
        client.get("Patient", other)
        raise AssertionError("another's record was read")
    except ResourceNotFound:
        pass
    bearer = sandbox.token(user["user"])
    theirs, nobodys = (sandbox.get("Observation", bearer, patient=each) for each in (other, "no-such-patient"))
    assert theirs.status_code == nobodys.status_code, (theirs.status_code, nobodys.status_code)
    assert theirs.json().get("total", 0) == nobodys.json().get("total", 0) == 0


def check_levels():
    """At the level `summary` there is a patient and nothing clinical."""
    for user in (each for each in sandbox.USERS if each["level"] == "summary"):
        client = client_of(user)
        assert client.get("Patient", user["patient"])["id"] == user["patient"]
        for kind in ("Observation", "Immunization"):
            assert client.resources(kind).search(patient=user["patient"]).count() == 0, (user["user"], kind)


async def check_async(user, expected):
    client = AsyncFHIRClient(sandbox.BASE, authorization=f"Bearer {sandbox.token(user['user'])}")
    search = client.resources("Observation").search(patient=user["patient"])
    assert await search.count() == len(expected)
    assert ids(await search.limit(PAGE).fetch_all()) == ids(expected)
    assert (await client.resources("Patient").search(_id=user["patient"]).get())["id"] == user["patient"]
    assert (await client.reference("Patient", user["patient"]).to_resource())["id"] == user["patient"]


user = sandbox.chosen()
client = client_of(user)
everything = check_counting(client, user["patient"])
check_getting(client, user["patient"])
check_tokens(client, user["patient"], everything)
check_dates(client, user["patient"], everything)
check_order(client, user["patient"])
check_strangers(client, user)
check_levels()
asyncio.run(check_async(user, everything))
print(f"{len(everything)} observations, sync and async")
