"""Runs MiniStack as `python -m ministack` does, with faults of version 1.5.33 out of the way."""

import json
import re
import runpy
import socketserver
from xml.sax.saxutils import escape

import h11
from hypercorn.events import RawData
from hypercorn.protocol.h11 import H11Protocol
from ministack import app
from ministack.services import apigateway, cloudwatch, stepfunctions

# MiniStack hands an event to a function in two writes, of which the second waits for the function's delayed
# acknowledgement of the first (Nagle's algorithm): 55 ms for every invocation instead of 11 ms.
socketserver.StreamRequestHandler.disable_nagle_algorithm = True

# Hypercorn sends the head and the body of an answer apart, and an answer that Go's AWS SDK waits for can get lost in between:
# with the head it closes the body of its request, which its connection, should it just then be looking whether that body has
# an end, takes for a failure and closes itself ("use of closed network connection", aws/aws-sdk-go-v2 issue 1825). AWS is too
# far away for that; here it hit every second deployment. Together, head and body are read at once.
async def send_with_head(self, event):
    try:
        data = self.connection.send(event)
    except h11.LocalProtocolError:
        if self.connection.their_state != h11.ERROR:
            raise
        return
    data = self.__dict__.pop("head", b"") + data
    if isinstance(event, h11.Response):
        self.head = data
    else:
        await self.send(RawData(data=data))


H11Protocol._send_h11_event = send_with_head

# In the Query protocol, which the AWS provider speaks, DescribeAlarms leaves out half of an alarm; every deployment would
# then update every alarm.
describe_alarms = cloudwatch._describe_alarms
MISSING = ("AlarmDescription", "ActionsEnabled", "Period", "TreatMissingData", "Unit", "ExtendedStatistic", "Statistic")


def alarm_details(alarm):
    values = dict(alarm)
    if values.get("ExtendedStatistic"):
        values["Statistic"] = None  # an alarm has one or the other; MiniStack stores a default here
    xml = ""
    for name in MISSING:
        value = values.get(name)
        if value not in (None, ""):
            text = str(value).lower() if isinstance(value, bool) else str(value)
            xml += f"<{name}>{escape(text)}</{name}>"
    for name in ("AlarmActions", "OKActions", "InsufficientDataActions"):
        xml += f"<{name}>" + "".join(f"<member>{escape(a)}</member>" for a in values.get(name) or []) + f"</{name}>"
    dimensions = "".join(
        f"<member><Name>{escape(d['Name'])}</Name><Value>{escape(d['Value'])}</Value></member>"
        for d in values.get("Dimensions") or []
    )
    return xml + f"<Dimensions>{dimensions}</Dimensions>"


def complete(params, data, is_cbor, is_json=False):
    answer = describe_alarms(params, data, is_cbor, is_json)
    if is_cbor or is_json or answer[0] != 200:
        return answer
    status, headers, body = answer
    text = body.decode() if isinstance(body, bytes) else body

    def add(match):
        alarm = cloudwatch._alarms.get(match[1])
        return match[0] + alarm_details(alarm) if alarm else match[0]

    text = re.sub(r"<member><AlarmName>([^<]*)</AlarmName>", add, text)
    return status, headers, text.encode()


cloudwatch._describe_alarms = complete


# What every deployment would add anew, a workflow's tracing, or take away again, settings of an authorizer that it does not have.
def remember_tracing(call):
    def wrapper(data):
        answer = call(data)
        if answer[0] == 200 and "tracingConfiguration" in data:
            arn = data.get("stateMachineArn") or json.loads(answer[2])["stateMachineArn"]
            stepfunctions._state_machines[arn]["tracingConfiguration"] = data["tracingConfiguration"]
        return answer

    return wrapper


stepfunctions._create_state_machine = remember_tracing(stepfunctions._create_state_machine)
stepfunctions._update_state_machine = remember_tracing(stepfunctions._update_state_machine)
create_authorizer = apigateway._create_authorizer


def authorizer_as_asked(api_id, data):
    answer = create_authorizer(api_id, data)
    if answer[0] == 201:
        authorizer = apigateway._authorizers[api_id][json.loads(answer[2])["authorizerId"]]
        for name in ("jwtConfiguration", "authorizerPayloadFormatVersion"):
            if name not in data:
                del authorizer[name]
    return answer


apigateway._create_authorizer = authorizer_as_asked

# Policies refuse what does not come by TLS, and nothing on this machine does.
pin_request_origin = app.pin_request_origin
app.pin_request_origin = lambda source_ip, secure: pin_request_origin(source_ip, True)

runpy.run_module("ministack", run_name="__main__", alter_sys=True)
