import json

from reroute.export.rows import tools


def seen(*calls):
    found = tools.Seen()
    for tool, arguments in calls:
        found.add(tool, arguments)
    return found


def test_schemas_are_inferred_from_every_call():
    (schema,) = seen(("pay", '{"to": "a", "amount": 1}'), ("pay", '{"to": "b", "amount": 1.5, "note": null}')).schemas()
    assert schema["function"]["parameters"] == {
        "type": "object",
        "properties": {"amount": {"type": ["integer", "number"]}, "note": {}, "to": {"type": "string"}},
        "required": ["amount", "to"],
    }


def test_a_call_with_broken_arguments_teaches_the_name_alone():
    (schema,) = seen(("pay", "{broken")).schemas()
    assert schema["function"]["parameters"]["properties"] == {}


def test_names_that_providers_refuse_are_changed():
    assert tools.tool_name("mcp.server/tool ü" + "x" * 80) == ("mcp_server_tool__" + "x" * 80)[:64]


def test_the_sources_own_schemas_are_taken_where_they_cover_the_calls():
    own = json.dumps([{"name": "Read", "description": "Reads.", "input_schema": {"type": "object"}}])
    assert tools.of_row(own, seen(("Read", "{}")), {"Read"}, text_protocol=False).made == "source"
    assert tools.of_row(own, seen(("Edit", "{}")), {"Edit"}, text_protocol=False).made == "inferred"


def test_a_text_protocol_has_one_tool():
    found = tools.of_row(None, tools.Seen(), {"bash"}, text_protocol=True)
    assert (found.made, list(found.parameters)) == ("protocol", ["bash"])


def test_of_too_many_tools_those_of_the_row_stay():
    many = seen(*[(f"tool{n}", "{}") for n in range(200)], *[("often", "{}")] * 5)
    names = {schema["function"]["name"] for schema in many.schemas({"tool199"})}
    assert (len(names), {"tool199", "often"} <= names) == (tools.MOST_TOOLS, True)
