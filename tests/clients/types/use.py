from control import Rule, StatusFault
from pydantic import ValidationError

rule = Rule.model_validate(
    {"on": "token", "fault": {"kind": "status", "status": 503, "headers": {"Retry-After": "1"}}}
)
assert isinstance(rule.fault.root, StatusFault), rule
assert rule.fault.root.status == 503
try:
    Rule.model_validate({"on": "token", "fault": {"kind": "explode"}})
except ValidationError:
    pass
else:
    raise AssertionError("the kind is unknown")
