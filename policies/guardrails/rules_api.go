package guardrails

const (
	httpAPI         = "aws:apigatewayv2/api:Api"
	httpStage       = "aws:apigatewayv2/stage:Stage"
	httpRoute       = "aws:apigatewayv2/route:Route"
	httpIntegration = "aws:apigatewayv2/integration:Integration"
	restStage       = "aws:apigateway/stage:Stage"
	restMethod      = "aws:apigateway/method:Method"
	restSettings    = "aws:apigateway/methodSettings:MethodSettings"
	wafAssociation  = "aws:wafv2/webAclAssociation:WebAclAssociation"
	graphQLAPI      = "aws:appsync/graphQLApi:GraphQLApi"
)

// onWebSocketAPI tells whether a stage, route or integration belongs to a WebSocket API.
func onWebSocketAPI(r Resource, s *Stack) bool {
	for _, api := range s.dependencies(r, httpAPI) {
		if api.At("protocolType").Is("WEBSOCKET") == Yes {
			return true
		}
	}
	return false
}

func logLevel(value Value) Answer {
	return value.Is("ERROR").Or(value.Is("INFO"))
}

var apiRules = []Rule{
	{
		ID: "APIGateway.1", Title: "API Gateway REST and WebSocket API execution logging should be enabled", Source: fsbp, Severity: Medium,
		Why:   "Without the execution log nobody sees why a request failed before or after its function.",
		Types: []string{restStage, httpStage}, Whole: true,
		Applies: func(r Resource, s *Stack) bool { return r.Type == restStage || onWebSocketAPI(r, s) },
		Check: func(v *Verdict, r Resource, s *Stack) {
			if r.Type == restStage {
				wantDependent([]string{restSettings}, "MethodSettings for */* with loggingLevel ERROR or INFO", func(d Resource) Answer {
					return d.At("methodPath").Is("*/*").And(logLevel(d.At("settings", "loggingLevel")))
				})(v, r, s)
				return
			}
			v.Is(r.At("defaultRouteSettings", "loggingLevel"), "ERROR", "INFO")
		},
	},
	{
		ID: "APIGateway.3", Title: "API Gateway REST API stages should have AWS X-Ray tracing enabled", Source: fsbp, Severity: Low,
		Why:   "A trace that begins behind the gateway hides the time that requests spend in it.",
		Types: []string{restStage}, Check: wantTrue("xrayTracingEnabled"),
	},
	{
		ID: "APIGateway.4", Title: "API Gateway should be associated with a WAF Web ACL", Source: fsbp, Severity: Medium,
		Why:   "A REST API has an address of its own, past the edge: only a web ACL on its stage stops attacks there. (HTTP APIs cannot have one.)",
		Types: []string{restStage}, Whole: true, Check: wantDependent([]string{wafAssociation}, "WebAclAssociation for the stage", exists),
	},
	{
		ID: "APIGateway.5", Title: "API Gateway REST API cache data should be encrypted at rest", Source: fsbp, Severity: Medium,
		Why:   "The stage's cache keeps copies of answers outside the encrypted table that they come from.",
		Types: []string{restSettings}, Applies: func(r Resource, _ *Stack) bool { return r.At("settings", "cachingEnabled").Is(true) != No },
		Check: wantTrue("settings", "cacheDataEncrypted"),
	},
	{
		ID: "APIGateway.8", Title: "API Gateway routes should specify an authorization type", Source: fsbp, Severity: Medium,
		Why:   "A route without authorization is open to the whole Internet; each such route is a decision to be written down.",
		Types: []string{httpRoute, restMethod}, Whole: true,
		Applies: func(r Resource, s *Stack) bool {
			if r.Type == restMethod {
				return r.At("httpMethod").Is("OPTIONS") != Yes // browsers send no credentials with a preflight request
			}
			// Only the connection itself can be authorized; messages travel inside it.
			return !onWebSocketAPI(r, s) || r.At("routeKey").Is("$connect") != No
		},
		Check: func(v *Verdict, r Resource, _ *Stack) {
			if r.Type == restMethod {
				open := r.At("authorization").Is("NONE").Or(r.At("authorization").Set().Not()).And(r.At("apiKeyRequired").Is(true).Not())
				v.Want(open.Not(), "authorization = NONE without apiKeyRequired, want an authorizer, AWS_IAM or an API key")
				return
			}
			closed := r.At("authorizationType").Set().And(r.At("authorizationType").Is("NONE").Not())
			v.Want(closed, "authorizationType = "+r.At("authorizationType").String()+", want JWT, CUSTOM or AWS_IAM")
		},
	},
	{
		ID: "APIGateway.9", Title: "Access logging should be configured for API Gateway V2 Stages", Source: fsbp, Severity: Medium,
		Why:   "The access log is the only record of who asked for what.",
		Types: []string{httpStage}, Check: wantSet("a log group", "accessLogSettings", "destinationArn"),
	},
	{
		ID: "APIGateway.10", Title: "API Gateway V2 integrations should use HTTPS for private connections", Source: fsbp, Severity: Medium,
		Why:   "Requests through a VPC link travel in plain text unless the integration asks for TLS.",
		Types: []string{httpIntegration}, Applies: func(r Resource, _ *Stack) bool { return r.At("connectionType").Is("VPC_LINK") != No },
		Check: wantSet("the server's name to verify", "tlsConfig", "serverNameToVerify"),
	},
}

var appSyncRules = []Rule{
	{
		ID: "AppSync.2", Title: "AWS AppSync should have field-level logging enabled", Source: fsbp, Severity: Medium,
		Why:   "A GraphQL request asks for many fields; only the field-level log tells which resolver failed.",
		Types: []string{graphQLAPI}, Check: want([]any{"ERROR", "ALL", "INFO", "DEBUG"}, "logConfig", "fieldLogLevel"),
	},
	{
		ID: "AppSync.5", Title: "AWS AppSync GraphQL APIs should not be authenticated with API keys", Source: fsbp, Severity: High,
		Why:   "An API key is a secret that every client shares: it identifies nobody and leaks with the first page that carries it.",
		Types: []string{graphQLAPI},
		Check: func(v *Verdict, r Resource, _ *Stack) {
			v.IsNot(r.At("authenticationType"), "API_KEY")
			for _, p := range r.At("additionalAuthenticationProviders").Each() {
				v.IsNot(p.At("authenticationType"), "API_KEY")
			}
		},
	},
}
