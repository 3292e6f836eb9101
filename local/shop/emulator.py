"""Runs MiniStack as `python -m ministack` does, with faults of version 1.5.33 out of the way."""

import re
import runpy
import socketserver
from xml.sax.saxutils import escape

import h11
from hypercorn.events import RawData
from hypercorn.protocol.h11 import H11Protocol
from ministack.services import cloudwatch

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

runpy.run_module("ministack", run_name="__main__", alter_sys=True)
