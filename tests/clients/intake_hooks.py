"""Lets schemathesis read reports row by row: a JSON object a line."""

import json

import schemathesis


@schemathesis.deserializer("application/x-ndjson")
def lines(_, response):
    return [json.loads(line) for line in response.content.splitlines()]
