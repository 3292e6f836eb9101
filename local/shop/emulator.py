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
from ministack.core import iam_actions, responses
from ministack.services import apigateway, cloudwatch, cognito, lambda_svc, ses_v2, stepfunctions

# MiniStack hands an event to a function in two writes, of which the second waits for the function's delayed
# acknowledgement of the first (Nagle's algorithm): 55 ms for every invocation instead of 11 ms.
socketserver.StreamRequestHandler.disable_nagle_algorithm = True

# A consumer of a stream says at which change it failed; MiniStack takes its answer for a success, and that change and those
# behind it would be lost. As a failure of the whole batch, all of it comes again.
execute_function = lambda_svc._execute_function


def with_stream_failures(function, event):
    result = execute_function(function, event)
    records = event.get("Records") if isinstance(event, dict) else None
    if not result.get("error") and records and records[0].get("eventSource") in ("aws:dynamodb", "aws:kinesis"):
        body = result.get("body")
        if isinstance(body, str) and body.startswith("{"):
            body = json.loads(body)
        failed = body.get("batchItemFailures") if isinstance(body, dict) else None
        if failed:
            message = f"failed at {failed[0].get('itemIdentifier')}"
            return {**result, "error": True, "body": {"errorType": "BatchItemFailures", "errorMessage": message}}
    return result


lambda_svc._execute_function = with_stream_failures

# IAM knows no actions for batches of SNS and SQS: who may send one message may send ten.
extract_iam_action = iam_actions.extract_iam_action


def action_of_one(service, *request):
    action = extract_iam_action(service, *request)
    return action.removesuffix("Batch") if service in ("sns", "sqs") and action else action


iam_actions.extract_iam_action = action_of_one

# Nobody hears that a user has signed up: the post-confirmation trigger is stored and never called. As in Cognito, a trigger that fails
# is told to the caller, and the user is confirmed all the same.
confirm_sign_up = cognito._confirm_sign_up


def with_post_confirmation(data):
    answer = confirm_sign_up(data)
    pool = next((p for p in cognito._user_pools.values() if data.get("ClientId") in p["_clients"]), None)
    trigger = ((pool or {}).get("LambdaConfig") or {}).get("PostConfirmation")
    if answer[0] != 200 or not trigger:
        return answer
    user, _ = cognito._resolve_user(pool, data.get("Username"))
    attributes = cognito._attr_list_to_dict(user.get("Attributes", []))
    record, config, _ = lambda_svc._get_func_record_for_ref(trigger)
    result = lambda_svc._execute_function_with_config_scope(lambda_svc._execution_record_for_config(record, config), {
        "version": "1", "region": pool["Arn"].split(":")[3], "userPoolId": pool["Id"], "userName": user["Username"],
        "triggerSource": "PostConfirmation_ConfirmSignUp",
        "callerContext": {"awsSdkVersion": "", "clientId": data["ClientId"]},
        "request": {"userAttributes": {**attributes, "cognito:user_status": "CONFIRMED"}, "clientMetadata": data.get("ClientMetadata") or {}},
        "response": {},
    })
    if result.get("error"):
        return cognito.error_response_json("UserLambdaValidationException", f"PostConfirmation failed: {result.get('body')}", 400)
    return answer


cognito._confirm_sign_up = with_post_confirmation
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

# A task's time limit that its input holds is ignored: a task that waits for its token would wait for ever.
execute_task = stepfunctions._execute_task


def with_time_limit(state, data, execution, context):
    path = state.get("TimeoutSecondsPath")
    if path:
        state = {**state, "TimeoutSeconds": stepfunctions._resolve_path_or_ctx(path, data, context)}
    return execute_task(state, data, execution, context)


stepfunctions._execute_task = with_time_limit

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

# Who may send mails may do so from an identity and under an address; IAM is asked for neither.
enforce_ses = app._enforce_ses_v2


def with_sender(method, path, headers, body, query, request_id):
    if method != "POST" or not path.endswith("/outbound-emails"):
        return enforce_ses(method, path, headers, body, query, request_id)
    sender = json.loads(body or b"{}").get("FromEmailAddress", "")
    identity = sender if sender in ses_v2._identities else sender.rpartition("@")[2]
    arn = f"arn:aws:ses:{app.extract_region(headers, query)}:{responses.get_account_id()}:identity/{identity}"
    return app._enforce_data_plane("sesv2", "ses:SendEmail", headers, query, request_id, resource_arn=arn,
                                   service_context={"ses:FromAddress": sender}, named_resource=arn)


app._enforce_ses_v2 = with_sender

runpy.run_module("ministack", run_name="__main__", alter_sys=True)
