package asl_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/components/asl"
)

func order(t *testing.T) *asl.Definition {
	t.Helper()
	text, err := os.ReadFile("testdata/order.asl.json")
	require.NoError(t, err)
	definition, err := asl.Parse(text)
	require.NoError(t, err)
	return definition
}

func TestParse_AcceptsEveryTypeOfState(t *testing.T) {
	definition := order(t)
	require.NoError(t, definition.CheckFaults(nil))
	require.Equal(t, []string{"Backorders", "Charge", "ReserveStock", "Ship", "ShopName"}, definition.Names())
	var tasks []string
	for _, task := range definition.Tasks() {
		tasks = append(tasks, task.State+" → "+task.Resource)
	}
	require.Equal(t, []string{
		"Reserve stock → ${ReserveStock}",
		"Wait for stock → arn:aws:states:::sqs:sendMessage.waitForTaskToken",
		"Charge → arn:aws:states:::lambda:invoke",
		"Ship → ${Ship}",
	}, tasks)
	require.Equal(t, "${Backorders}", definition.Tasks()[1].Parameters["QueueUrl"])
	require.Nil(t, definition.Tasks()[0].Parameters)
}

func TestSubstitute(t *testing.T) {
	text := order(t).Substitute(map[string]string{
		"Backorders": "https://sqs/backorders", "Charge": "arn:charge", "ReserveStock": "arn:reserve", "Ship": "arn:ship",
		"ShopName": "the \"Nord\\licht\"\n", // what JSON must escape
	})
	var definition struct {
		States map[string]struct {
			Resource   string
			Parameters map[string]any
		}
	}
	require.NoError(t, json.Unmarshal([]byte(text), &definition))
	require.Equal(t, "arn:reserve", definition.States["Reserve stock"].Resource)
	require.Equal(t, "https://sqs/backorders", definition.States["Wait for stock"].Parameters["QueueUrl"])
	require.Equal(t, "the \"Nord\\licht\"\n", definition.States["Summary"].Parameters["shop"])
	require.NotContains(t, text, "${")
	require.PanicsWithValue(t, "asl: no value for the substitution ${ReserveStock}", func() { order(t).Substitute(nil) })
}

func TestSole(t *testing.T) {
	for text, want := range map[string]string{"${Charge}": "Charge", "${Charge}:live": "", "arn": "", "${A}${B}": "", "": ""} {
		name, ok := asl.Sole(text)
		require.Equal(t, want, name, text)
		require.Equal(t, want != "", ok, text)
	}
}

func TestIntegration(t *testing.T) {
	for resource, want := range map[string]asl.Integration{
		"arn:aws:states:::lambda:invoke":                   {Service: "lambda", Action: "invoke"},
		"arn:aws:states:::lambda:invoke.waitForTaskToken":  {Service: "lambda", Action: "invoke", Pattern: "waitForTaskToken"},
		"arn:aws-cn:states:::states:startExecution.sync:2": {Service: "states", Action: "startExecution", Pattern: "sync:2"},
		"arn:aws:states:::ecs:runTask.sync":                {Service: "ecs", Action: "runTask", Pattern: "sync"},
		"arn:aws:states:::aws-sdk:dynamodb:query":          {Service: "aws-sdk:dynamodb", Action: "query"},
		"arn:aws:states:::sqs:sendMessage.sometime":        {},
		"${Charge}": {},
		"arn:aws:lambda:eu-central-1:123456789012:function:greet": {},
	} {
		i, ok := asl.Task{Resource: resource}.Integration()
		require.Equal(t, want, i, resource)
		require.Equal(t, want != asl.Integration{}, ok)
		if ok {
			require.True(t, strings.HasSuffix(resource, ":::"+i.String()))
		}
	}
}

// one is a definition with one state, whose fields begin at column 40 of the only line.
func one(fields string) string {
	return `{"StartAt": "A", "States": {"A": {` + fields + `}}}`
}

// flow is a definition with a state A to be tested, and B that ends.
func flow(fields string) string {
	return `{"StartAt": "A", "States": {"A": {` + fields + `}, "B": {"Type": "Succeed"}}}`
}

func task(fields string) string {
	return flow(`"Type": "Task", "Resource": "${F}", "Next": "B", ` + fields)
}

func choice(rule string) string {
	return flow(`"Type": "Choice", "Choices": [` + rule + `]`)
}

func TestParse_ReportsEachKindOfMistake(t *testing.T) {
	const types = "Task, Parallel, Map, Pass, Wait, Choice, Succeed or Fail"
	for name, test := range map[string]struct{ definition, want string }{
		"empty":                 {"", "1:1: not valid JSON: unexpected end of JSON input"},
		"not JSON":              {"{\n  \"StartAt\": \"A\",\n  \"States\": {,}\n}", "3:14: not valid JSON: invalid character ',' looking for beginning of object key string"},
		"cut off":               {"{\n  \"StartAt\": \"A\"", "2:17: not valid JSON: unexpected end of JSON input"},
		"trailing comma":        {"{\n  \"StartAt\": \"A\",\n}", "3:1: not valid JSON: invalid character '}' looking for beginning of object key string"},
		"two values":            {"{} {}", "1:4: not valid JSON: invalid character '{' after top-level value"},
		"same key twice":        {`{"StartAt": "A", "States": {"A": {"Type": "Succeed"}, "A": {"Type": "Fail"}}}`, `1:55: the key "A" is there twice, want it once`},
		"not an object":         {`[1]`, `1:1: [1], want an object with StartAt and States`},
		"unknown top field":     {`{"StartAt": "A", "Start": "A", "States": {"A": {"Type": "Succeed"}}}`, `1:18: field "Start", want one of Comment, QueryLanguage, StartAt, States, TimeoutSeconds, Version`},
		"no StartAt":            {`{"States": {"A": {"Type": "Succeed"}}}`, `1:1: StartAt missing, want one of "A"`},
		"StartAt unknown":       {`{"StartAt": "X", "States": {"A": {"Type": "Succeed"}, "B": {"Type": "Succeed"}}}`, `1:13: StartAt = "X", want a state of the same level: "A", "B"`},
		"no states":             {`{"StartAt": "A", "States": {}}`, `1:28: States missing or empty, want an object of states`},
		"States missing":        {`{"StartAt": "A"}`, `1:1: States missing or empty, want an object of states`},
		"JSONata":               {`{"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Succeed"}}}`, `1:19: QueryLanguage = "JSONata", want "JSONPath", the only one that is checked here`},
		"JSONata in a state":    {one(`"Type": "Succeed", "QueryLanguage": "JSONata"`), `state A: QueryLanguage = "JSONata", want "JSONPath", the only one that is checked here`},
		"version":               {`{"Version": "2.0", "StartAt": "A", "States": {"A": {"Type": "Succeed"}}}`, `1:13: Version = "2.0", want "1.0"`},
		"time limit":            {`{"TimeoutSeconds": 0, "StartAt": "A", "States": {"A": {"Type": "Succeed"}}}`, `1:20: TimeoutSeconds = 0, want a whole number from 1 to 99999999`},
		"long name":             {`{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "` + strings.Repeat("ä", 81) + `"}, "` + strings.Repeat("ä", 81) + `": {"Type": "Succeed"}}}`, `…, want 1–80 characters`},
		"state not an object":   {`{"StartAt": "A", "States": {"A": 1}}`, `1:34: state A: 1, want an object with a Type`},
		"no type":               {one(``), `1:29: state A: Type missing, want ` + types},
		"unknown type":          {one(`"Type": "Job"`), `1:43: state A: Type = "Job", want ` + types},
		"type not a text":       {one(`"Type": 1`), `1:43: state A: Type = 1, want ` + types},
		"field of another type": {one(`"Type": "Succeed", "Resource": "x"`), `1:54: state A: field "Resource", want one of Comment, QueryLanguage, Type, InputPath, OutputPath`},
		"bad substitution":      {one(`"Type": "Succeed", "Comment": "${my-name} and more text"`), `1:66: substitution "${my-name} and more ", want a name of letters and digits in braces, such as ${ReserveStock}`},

		"neither Next nor End":     {one(`"Type": "Pass"`), `1:29: state A: neither Next nor End, want the state that follows or "End": true`},
		"both Next and End":        {flow(`"Type": "Pass", "Next": "B", "End": true`), `state A: both Next and End, want one of them`},
		"End false":                {one(`"Type": "Pass", "End": false`), `state A: End = false, want true, or Next instead`},
		"Next unknown":             {flow(`"Type": "Pass", "Next": "C"`), `1:59: state A: Next = "C", want a state of the same level: "A", "B"`},
		"Next not a text":          {flow(`"Type": "Pass", "Next": ["B"]`), `state A: Next = ["B"], want a state of the same level: "A", "B"`},
		"Default unknown":          {flow(`"Type": "Choice", "Choices": [{"Variable": "$.a", "IsNull": true, "Next": "B"}], "Default": "C"`), `state A: Default = "C", want a state of the same level: "A", "B"`},
		"Choices Next unknown":     {choice(`{"Variable": "$.a", "IsNull": true, "Next": "C"}`), `state A: Choices[0].Next = "C", want a state of the same level`},
		"Catch Next unknown":       {task(`"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "C"}]`), `state A: Catch[0].Next = "C", want a state of the same level: "A", "B"`},
		"Next of another level":    {flow(`"Type": "Parallel", "Next": "B", "Branches": [{"StartAt": "C", "States": {"C": {"Type": "Pass", "Next": "B"}}}]`), `state C: Next = "B", want a state of the same level: "C"`},
		"unreachable":              {`{"StartAt": "A", "States": {"A": {"Type": "Succeed"}, "B": {"Type": "Succeed"}}}`, `1:55: state B: cannot be reached from StartAt = "A"; remove it or name it as the Next of another state`},
		"unreachable circle":       {`{"StartAt": "A", "States": {"A": {"Type": "Succeed"}, "B": {"Type": "Pass", "Next": "B"}}}`, `state B: cannot be reached`},
		"no way out":               {flow(`"Type": "Choice", "Choices": [{"Variable": "$.a", "IsNull": true, "Next": "A"}], "Default": "B"`)[:len(flow(`"Type": "Choice", "Choices": [{"Variable": "$.a", "IsNull": true, "Next": "A"}], "Default": "B"`))-len(`"Type": "Succeed"}}}`)] + `"Type": "Pass", "Next": "C"}, "C": {"Type": "Wait", "Seconds": 1, "Next": "B"}}}`, `state C: no way from here to an end, want one (a state of type Succeed or Fail, or "End": true)`},
		"same name on two levels":  {flow(`"Type": "Parallel", "Next": "B", "Branches": [{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}]`), `state A: the name is taken by a state at 1:29, want every name once in the whole definition`},
		"unreachable in a branch":  {flow(`"Type": "Parallel", "Next": "B", "Branches": [{"StartAt": "C", "States": {"C": {"Type": "Succeed"}, "D": {"Type": "Succeed"}}}]`), `state D: cannot be reached from StartAt = "C"`},
		"unknown field of branch":  {flow(`"Type": "Parallel", "Next": "B", "Branches": [{"StartAt": "C", "TimeoutSeconds": 1, "States": {"C": {"Type": "Succeed"}}}]`), `state A: field "TimeoutSeconds", want one of Comment, QueryLanguage, StartAt, States`},
		"no branches":              {flow(`"Type": "Parallel", "Next": "B", "Branches": []`), `state A: Branches missing or empty, want a list of objects with StartAt and States`},
		"branch without StartAt":   {flow(`"Type": "Parallel", "Next": "B", "Branches": [{"States": {"C": {"Type": "Succeed"}}}]`), `state A: StartAt missing, want one of "C"`},
		"branch not an object":     {flow(`"Type": "Parallel", "Next": "B", "Branches": ["C"]`), `state A: "C", want an object with StartAt and States`},
		"map without processor":    {flow(`"Type": "Map", "Next": "B"`), `state A: ItemProcessor missing, want an object with StartAt and States`},
		"map with old name":        {flow(`"Type": "Map", "Next": "B", "Iterator": {"StartAt": "C", "States": {"C": {"Type": "Succeed"}}}`), `state A: Iterator, want ItemProcessor, its present name`},
		"map with old parameters":  {flow(`"Type": "Map", "Next": "B", "Parameters": {}, "ItemProcessor": {"StartAt": "C", "States": {"C": {"Type": "Succeed"}}}`), `state A: Parameters, want ItemSelector, its present name in a Map`},
		"distributed map":          {flow(`"Type": "Map", "Next": "B", "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED"}, "StartAt": "C", "States": {"C": {"Type": "Succeed"}}}`), `state A: ProcessorConfig.Mode = "DISTRIBUTED", want "INLINE": a distributed Map starts executions of its own`},
		"mistake in a map":         {flow(`"Type": "Map", "Next": "B", "ItemProcessor": {"StartAt": "C", "States": {"C": {"Type": "Pass"}}}`), `state C: neither Next nor End`},
		"two concurrencies":        {flow(`"Type": "Map", "Next": "B", "MaxConcurrency": 1, "MaxConcurrencyPath": "$.n", "ItemProcessor": {"StartAt": "C", "States": {"C": {"Type": "Succeed"}}}`), `state A: both MaxConcurrency and MaxConcurrencyPath, want one of them`},
		"distributed only":         {flow(`"Type": "Map", "Next": "B", "ToleratedFailurePercentage": 10, "ItemProcessor": {"StartAt": "C", "States": {"C": {"Type": "Succeed"}}}`), `state A: ToleratedFailurePercentage, want it in a distributed Map only`},
		"execution type":           {flow(`"Type": "Map", "Next": "B", "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE", "ExecutionType": "STANDARD"}, "StartAt": "C", "States": {"C": {"Type": "Succeed"}}}`), `state A: ProcessorConfig.ExecutionType, want it in a distributed Map only`},
		"wait for nothing":         {flow(`"Type": "Wait", "Next": "B"`), `state A: 0 of the fields Seconds, SecondsPath, Timestamp, TimestampPath, want exactly one`},
		"wait twice":               {flow(`"Type": "Wait", "Next": "B", "Seconds": 1, "SecondsPath": "$.s"`), `state A: 2 of the fields Seconds, SecondsPath, Timestamp, TimestampPath, want exactly one`},
		"wait backwards":           {flow(`"Type": "Wait", "Next": "B", "Seconds": -1`), `state A: Seconds = -1, want a whole number from 0 to 99999999`},
		"wait a part":              {flow(`"Type": "Wait", "Next": "B", "Seconds": 1.5`), `state A: Seconds = 1.5, want a whole number`},
		"wait until never":         {flow(`"Type": "Wait", "Next": "B", "Timestamp": "tomorrow"`), `state A: Timestamp = "tomorrow", want a time such as 2024-12-25T00:00:00Z (RFC 3339)`},
		"fail twice":               {one(`"Type": "Fail", "Error": "E", "ErrorPath": "$.e"`), `state A: both Error and ErrorPath, want one of them`},
		"fail for two causes":      {one(`"Type": "Fail", "Cause": "E", "CausePath": "$.e"`), `state A: both Cause and CausePath, want one of them`},
		"fail with a number":       {one(`"Type": "Fail", "Error": 1`), `state A: Error = 1, want a text`},
		"fail with a strange path": {one(`"Type": "Fail", "CausePath": "e"`), `state A: CausePath = "e", want a path such as $.order.total or a function`},

		"no resource":            {flow(`"Type": "Task", "Next": "B"`), `state A: Resource missing, want what the task does, such as arn:aws:states:::lambda:invoke`},
		"resource not a text":    {flow(`"Type": "Task", "Next": "B", "Resource": {}`), `state A: Resource = {}, want a text`},
		"two time limits":        {task(`"TimeoutSeconds": 1, "TimeoutSecondsPath": "$.t"`), `state A: both TimeoutSeconds and TimeoutSecondsPath, want one of them`},
		"two heartbeats":         {task(`"HeartbeatSeconds": 1, "HeartbeatSecondsPath": "$.t"`), `state A: both HeartbeatSeconds and HeartbeatSecondsPath, want one of them`},
		"heart beats too slowly": {task(`"TimeoutSeconds": 30, "HeartbeatSeconds": 30`), `state A: HeartbeatSeconds = 30, want less than TimeoutSeconds, 30`},
		"nobody gets the token":  {flow(`"Type": "Task", "Next": "B", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "Parameters": {"FunctionName": "${F}"}`), `state A: no $$.Task.Token in Parameters, want the token handed on, or nobody can answer the task`},
		"no parameters at all":   {flow(`"Type": "Task", "Next": "B", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken"`), `state A: no $$.Task.Token in Parameters`},
		"path without dollar":    {task(`"InputPath": "order"`), `state A: InputPath = "order", want a path such as $.order.total`},
		"result nowhere":         {task(`"ResultPath": "$.lines[*]"`), `state A: ResultPath = "$.lines[*]", want the path of one place, such as $.payment, or null`},
		"result in context":      {task(`"ResultPath": "$$.x"`), `state A: ResultPath = "$$.x", want the path of one place`},
		"payload without dollar": {task(`"Parameters": {"order": [{"id.$": "id"}]}`), `state A: Parameters.order[0].id.$ = "id", want a path such as $.order.total or a function such as States.Format('{}', $.id)`},
		"payload not a text":     {task(`"Parameters": {"id.$": 1}`), `state A: Parameters.id.$ = 1, want a path`},
		"unknown function":       {task(`"ResultSelector": {"id.$": "States.Sum(1, 2)"}`), `state A: ResultSelector.id.$ = "States.Sum(1, 2)", want a path`},

		"Retry not a list":        {task(`"Retry": {}`), `state A: Retry = {}, want a list of objects with ErrorEquals`},
		"Retry item":              {task(`"Retry": ["States.ALL"]`), `state A: Retry[0] = "States.ALL", want an object with ErrorEquals`},
		"Retry for what":          {task(`"Retry": [{}]`), `state A: Retry[0]: ErrorEquals missing or empty, want names of errors, such as States.Timeout`},
		"Retry for a number":      {task(`"Retry": [{"ErrorEquals": [1]}]`), `state A: Retry[0].ErrorEquals = 1, want the name of an error, such as States.Timeout`},
		"Retry unknown field":     {task(`"Retry": [{"ErrorEquals": ["E"], "Interval": 1}]`), `state A: field "Interval", want one of BackoffRate, Comment, ErrorEquals, IntervalSeconds, JitterStrategy, MaxAttempts, MaxDelaySeconds`},
		"Retry all with others":   {task(`"Retry": [{"ErrorEquals": ["E", "States.ALL"]}]`), `state A: Retry[0].ErrorEquals = ["E","States.ALL"], want States.ALL alone and in the last item`},
		"Retry all first":         {task(`"Retry": [{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["E"]}]`), `state A: Retry[0].ErrorEquals = ["States.ALL"], want States.ALL alone and in the last item`},
		"Retry interval":          {task(`"Retry": [{"ErrorEquals": ["E"], "IntervalSeconds": 0}]`), `state A: Retry[0].IntervalSeconds = 0, want a whole number from 1 to 99999999`},
		"Retry attempts":          {task(`"Retry": [{"ErrorEquals": ["E"], "MaxAttempts": -1}]`), `state A: Retry[0].MaxAttempts = -1, want a whole number from 0 to 99999999`},
		"Retry delay":             {task(`"Retry": [{"ErrorEquals": ["E"], "MaxDelaySeconds": 40000000}]`), `state A: Retry[0].MaxDelaySeconds = 40000000, want a whole number from 1 to 31622400`},
		"Retry ever faster":       {task(`"Retry": [{"ErrorEquals": ["E"], "BackoffRate": 0.5}]`), `state A: Retry[0].BackoffRate = 0.5, want a number of at least 1.0`},
		"Retry backoff text":      {task(`"Retry": [{"ErrorEquals": ["E"], "BackoffRate": "2"}]`), `state A: Retry[0].BackoffRate = "2", want a number of at least 1.0`},
		"Retry jitter":            {task(`"Retry": [{"ErrorEquals": ["E"], "JitterStrategy": "SOME"}]`), `state A: Retry[0].JitterStrategy = "SOME", want "FULL" or "NONE"`},
		"Catch without Next":      {task(`"Catch": [{"ErrorEquals": ["E"]}]`), `state A: Catch[0]: Next missing, want the state that follows the error`},
		"Catch for what":          {task(`"Catch": [{"ErrorEquals": [], "Next": "B"}]`), `state A: Catch[0]: ErrorEquals missing or empty`},
		"Catch result":            {task(`"Catch": [{"ErrorEquals": ["E"], "Next": "B", "ResultPath": "error"}]`), `state A: Catch[0].ResultPath = "error", want the path of one place, such as $.payment, or null`},
		"Catch where none can be": {flow(`"Type": "Pass", "Next": "B", "Catch": [{"ErrorEquals": ["E"], "Next": "C"}]`), `state A: field "Catch", want one of`},

		"no choices":               {flow(`"Type": "Choice", "Choices": [], "Default": "B"`), `state A: Choices missing or empty, want a list of rules`},
		"rule not an object":       {choice(`"B"`), `state A: Choices[0] = "B", want an object with Variable and a comparison, or with And, Or or Not`},
		"rule without Next":        {choice(`{"Variable": "$.a", "IsNull": true}`), `state A: Choices[0]: Next missing, want the state that follows`},
		"rule without operator":    {choice(`{"Variable": "$.a", "Next": "B"}`), `state A: Choices[0]: operators [], want exactly one, such as NumericGreaterThan, IsPresent, And`},
		"rule with two operators":  {choice(`{"Variable": "$.a", "IsNull": true, "IsString": true, "Next": "B"}`), `state A: Choices[0]: operators ["IsNull" "IsString"], want exactly one`},
		"rule with other operator": {choice(`{"Variable": "$.a", "NumberEquals": 1, "Next": "B"}`), `state A: Choices[0]: operator "NumberEquals", want one of the specification's, such as StringEquals`},
		"rule without variable":    {choice(`{"NumericEquals": 1, "Next": "B"}`), `state A: Choices[0]: Variable missing, want the path of what is compared, such as $.total`},
		"rule about no path":       {choice(`{"Variable": "total", "NumericEquals": 1, "Next": "B"}`), `state A: Choices[0].Variable = "total", want a path such as $.order.total`},
		"number with a text":       {choice(`{"Variable": "$.a", "NumericEquals": "1", "Next": "B"}`), `state A: Choices[0].NumericEquals = "1", want a number`},
		"text with a number":       {choice(`{"Variable": "$.a", "StringEquals": 1, "Next": "B"}`), `state A: Choices[0].StringEquals = 1, want a text`},
		"boolean with a text":      {choice(`{"Variable": "$.a", "IsPresent": "yes", "Next": "B"}`), `state A: Choices[0].IsPresent = "yes", want true or false`},
		"time with a date":         {choice(`{"Variable": "$.a", "TimestampEquals": "2024-12-25", "Next": "B"}`), `state A: Choices[0].TimestampEquals = "2024-12-25", want a time such as`},
		"path with a number":       {choice(`{"Variable": "$.a", "NumericEqualsPath": 1, "Next": "B"}`), `state A: Choices[0].NumericEqualsPath = 1, want a path such as $.order.total`},
		"And of nothing":           {choice(`{"And": [], "Next": "B"}`), `state A: Choices[0].And = [], want a list of rules`},
		"Next inside And":          {choice(`{"And": [{"Variable": "$.a", "IsNull": true, "Next": "B"}], "Next": "B"}`), `state A: Choices[0].And[0]: Next, want it in the outermost rule only`},
		"mistake inside Not":       {choice(`{"Not": {"Or": [{"Variable": "$.a", "IsNull": 1}]}, "Next": "B"}`), `state A: Choices[0].Not.Or[0].IsNull = 1, want true or false`},
		"Variable beside And":      {choice(`{"Variable": "$.a", "And": [{"Variable": "$.a", "IsNull": true}], "Next": "B"}`), `state A: Choices[0]: Variable, want it in the rules inside And, Or and Not only`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := asl.Parse([]byte(test.definition))
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestParse_ReportsEverythingAtOnceWithItsPlace(t *testing.T) {
	_, err := asl.Parse([]byte(`{
  "StartAt": "Charge",
  "States": {
    "Charge": {
      "Type": "Task",
      "Resource": "${Charge}",
      "Next": "Shipp"
    },
    "Ship": {
      "Type": "Wait",
      "Next": "Charge"
    }
  }
}`))
	require.EqualError(t, err, `9:5: state Ship: 0 of the fields Seconds, SecondsPath, Timestamp, TimestampPath, want exactly one
7:15: state Charge: Next = "Shipp", want a state of the same level: "Charge", "Ship"`)
}

func TestParse_AMistakeIsNotReportedAgainByWhatFollowsFromIt(t *testing.T) {
	_, err := asl.Parse([]byte(`{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "X"}, "B": {"Type": "Succeed"}}}`))
	require.NotContains(t, err.Error(), "reached", "B may well be what was meant by X")
}

func TestParse_RefusesMoreThanStepFunctionsTakes(t *testing.T) {
	_, err := asl.Parse([]byte(strings.Repeat(" ", 1024*1024+1)))
	require.EqualError(t, err, "definition has 1048577 bytes, want at most 1048576 (Step Functions quota)")
}

func TestParse_QuotesLongValuesInPart(t *testing.T) {
	_, err := asl.Parse([]byte(one(`"Type": "Pass", "End": "` + strings.Repeat("x", 100) + `"`)))
	require.ErrorContains(t, err, `End = "`+strings.Repeat("x", 59)+`…, want true`)
}

func parse(t *testing.T, text string) *asl.Definition {
	t.Helper()
	definition, err := asl.Parse([]byte(text))
	require.NoError(t, err)
	return definition
}

const (
	retry   = `"Retry": [{"ErrorEquals": ["States.Timeout"]}]`
	catcher = `"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}]`
	limit   = `"TimeoutSeconds": 30`
)

func TestCheckFaults(t *testing.T) {
	const wanted = ", want Retry, Catch and a time limit on every Task, or a waiver that says why not"
	for name, test := range map[string]struct {
		definition string
		excused    map[string]string
		want       string
	}{
		"all there":            {task(strings.Join([]string{retry, catcher, limit}, ",")), nil, ""},
		"heartbeat is a limit": {task(strings.Join([]string{retry, catcher, `"HeartbeatSecondsPath": "$.h"`}, ",")), nil, ""},
		"nothing there":        {task(`"Comment": "x"`), nil, "1:29: state A: no Retry, no Catch, no TimeoutSeconds or HeartbeatSeconds" + wanted},
		"no retry":             {task(catcher + "," + limit), nil, "1:29: state A: no Retry" + wanted},
		"no attempts":          {task(catcher + "," + limit + `, "Retry": []`), nil, "1:29: state A: no Retry" + wanted},
		"no catch":             {task(retry + "," + limit), nil, "1:29: state A: no Catch" + wanted},
		"no limit":             {task(retry + "," + catcher), nil, "1:29: state A: no TimeoutSeconds or HeartbeatSeconds" + wanted},
		"excused":              {task(retry), map[string]string{"A": "the last step of all"}, ""},
		"excused for nothing":  {task(retry), map[string]string{"A": " "}, `waiver for state A: reason = " ", want why the state needs no Retry, Catch or time limit`},
		"excused needlessly":   {task(strings.Join([]string{retry, catcher, limit}, ",")), map[string]string{"A": "why"}, "waiver for state A: no Task of this name lacks anything; remove the waiver"},
		"excused nobody":       {task(retry), map[string]string{"A": "why", "X": "why"}, "waiver for state X: no Task of this name lacks anything; remove the waiver"},
		"not a task":           {flow(`"Type": "Pass", "Next": "B"`), nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := parse(t, test.definition).CheckFaults(test.excused)
			if test.want == "" {
				require.NoError(t, err)
			} else {
				require.EqualError(t, err, test.want)
			}
		})
	}
}

func TestCheckExpress(t *testing.T) {
	require.NoError(t, parse(t, task(retry)).CheckExpress())
	require.EqualError(t, order(t).CheckExpress(), `5:21: TimeoutSeconds = 86400, want at most 300 in an EXPRESS workflow
35:5: state Wait for stock: Resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken", want no .waitForTaskToken in an EXPRESS workflow`)
}

func TestCheckExpress_RefusesAWaitThatOutlastsTheWorkflow(t *testing.T) {
	wait := func(seconds string) *asl.Definition {
		return parse(t, flow(`"Type": "Wait", "Next": "B", "Seconds": `+seconds))
	}
	require.NoError(t, wait("299").CheckExpress())
	require.ErrorContains(t, wait("300").CheckExpress(), "state A: Seconds = 300, want less than 300, after which an EXPRESS workflow ends")
}

func TestTask_ProblemsHaveTheirPlace(t *testing.T) {
	task := order(t).Tasks()[3]
	require.EqualError(t, task.Errorf("Resource = %q", task.Resource), `54:13: state Ship: Resource = "${Ship}"`)
}

func FuzzParse(f *testing.F) {
	text, err := os.ReadFile("testdata/order.asl.json")
	require.NoError(f, err)
	f.Add(string(text))
	f.Add(task(retry))
	f.Add(`{"StartAt": [], "States": {"": {"Type": null}}}`)
	f.Add(`{"a": {"b": [1, 2e999, "\u0000"]}, "States": []}`)
	f.Fuzz(func(t *testing.T, text string) {
		definition, err := asl.Parse([]byte(text))
		if err != nil {
			return
		}
		values := map[string]string{}
		for _, name := range definition.Names() {
			values[name] = "\"\\\n"
		}
		require.True(t, json.Valid([]byte(definition.Substitute(values))))
	})
}
