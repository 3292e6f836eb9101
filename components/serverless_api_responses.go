package components

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigateway"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// gatewayError is how a REST API answers, without asking a function, a request that it cannot or will not pass on.
type gatewayError struct {
	kind   string // API Gateway's name of it
	status int
	detail string
}

// ourFault is said when there is nothing that the client could do.
const ourFault = "Something went wrong on our side. If it stays, tell us the correlationId."

// gatewayErrors are all kinds of API Gateway ("Gateway response types" in its developer guide). Each is answered by itself,
// because the answer to a whole class cannot name the status.
var gatewayErrors = []gatewayError{
	{"ACCESS_DENIED", http.StatusForbidden, "This is not allowed with these credentials."},
	{"API_CONFIGURATION_ERROR", http.StatusInternalServerError, ourFault},
	{"AUTHORIZER_CONFIGURATION_ERROR", http.StatusInternalServerError, ourFault},
	{"AUTHORIZER_FAILURE", http.StatusInternalServerError, ourFault},
	{"BAD_REQUEST_BODY", http.StatusBadRequest, "The body does not follow its schema."},
	{"BAD_REQUEST_PARAMETERS", http.StatusBadRequest, requestParameters},
	{"DEFAULT_4XX", http.StatusBadRequest, "The request cannot be answered as it is."},
	{"DEFAULT_5XX", http.StatusInternalServerError, ourFault},
	{"EXPIRED_TOKEN", http.StatusForbidden, "The credentials have expired."},
	{"INTEGRATION_FAILURE", http.StatusBadGateway, ourFault},
	{"INTEGRATION_TIMEOUT", http.StatusGatewayTimeout, "The request took too long and was given up. Try again in a moment."},
	{"INVALID_API_KEY", http.StatusForbidden, "Send a valid API key in the header x-api-key."},
	{"INVALID_SIGNATURE", http.StatusForbidden, "The request's signature is wrong."},
	{missingToken, http.StatusNotFound, "There is nothing here."},
	{"QUOTA_EXCEEDED", http.StatusTooManyRequests, "The quota of this API key is used up."},
	{"REQUEST_TOO_LARGE", http.StatusRequestEntityTooLarge, "The body is larger than 10 MB."},
	{"RESOURCE_NOT_FOUND", http.StatusNotFound, "There is nothing here."},
	{"THROTTLED", http.StatusTooManyRequests, "Too many requests. Try again in a moment."},
	{"UNAUTHORIZED", http.StatusUnauthorized, "Sign in first: send a valid access token in the header Authorization."},
	{"UNSUPPORTED_MEDIA_TYPE", http.StatusUnsupportedMediaType, "The body is of a type that is not understood here."},
	{"WAF_FILTERED", http.StatusForbidden, "The request was refused."},
}

const (
	// missingToken is how API Gateway calls it that there is no such route, or that a request for a route with AuthIAM is
	// not signed; it does not tell the two apart.
	missingToken = "MISSING_AUTHENTICATION_TOKEN"
	// requestParameters stands for API Gateway's own message, which names the missing parameters, as a JSON string.
	requestParameters = "$context.error.messageString"
)

// newResponses makes every error that API Gateway itself answers a problem (RFC 9457), as package handler does with
// those of functions.
func (r *restAPI) newResponses() error {
	signed := slices.ContainsFunc(r.args.Routes, func(route Route) bool { return route.Auth == AuthIAM })
	for _, e := range gatewayErrors {
		if e.kind == missingToken && signed {
			e.status, e.detail = http.StatusForbidden, "There is nothing here, or the request is not signed."
		}
		if err := r.newResponse(e); err != nil {
			return err
		}
	}
	return nil
}

func (r *restAPI) newResponse(e gatewayError) error {
	headers := map[string]string{
		"Content-Type":           "'application/problem+json'",
		"Cache-Control":          "'no-store'",
		"X-Content-Type-Options": "'nosniff'",
		"X-Correlation-Id":       "context.requestId",
	}
	switch e.status {
	case http.StatusUnauthorized:
		headers["WWW-Authenticate"] = "'Bearer'"
	case http.StatusTooManyRequests:
		headers["Retry-After"] = "'1'"
	}
	if cors := r.args.CORS; cors != nil {
		headers["Access-Control-Allow-Origin"] = "'" + cors.Origins[0] + "'"
		if len(cors.ExposedHeaders) > 0 {
			headers["Access-Control-Expose-Headers"] = "'" + strings.Join(cors.ExposedHeaders, ",") + "'"
		}
	}
	parameters := pulumi.StringMap{}
	for header, value := range headers {
		parameters["gatewayresponse.header."+header] = pulumi.String(value)
	}
	template, err := e.template()
	if err != nil {
		return err
	}
	name := r.name + "-" + strings.ToLower(strings.ReplaceAll(e.kind, "_", "-"))
	args := apigateway.ResponseArgs{
		RestApiId: r.ID, ResponseType: pulumi.String(e.kind), StatusCode: pulumi.String(strconv.Itoa(e.status)),
		ResponseParameters: parameters,
		ResponseTemplates:  pulumi.StringMap{"application/json": pulumi.String(template)},
	}
	response, err := apigateway.NewResponse(r.ctx, name, &args, pulumi.Parent(r))
	if err != nil {
		return err
	}
	r.include(response, "gateway response", name, args)
	return nil
}

// template is the body, in which API Gateway replaces its variables.
func (e gatewayError) template() (string, error) {
	detail, err := json.Marshal(e.detail)
	if err != nil {
		return "", err
	}
	if e.detail == requestParameters {
		detail = []byte(requestParameters) // a JSON string already
	}
	text, err := json.Marshal(http.StatusText(e.status))
	if err != nil {
		return "", err
	}
	return `{"type":"about:blank","title":` + string(text) + `,"status":` + strconv.Itoa(e.status) +
		`,"detail":` + string(detail) + `,"correlationId":"$context.requestId"}`, nil
}
