package policies

// ConnectionAction is something a function does with the connections of a WebSocket API.
type ConnectionAction string

// The actions on connections, by their names in the Service Authorization Reference for API Gateway. PostToConnection, GetConnection and
// DeleteConnection have no actions of their own: the method in the ARN tells them apart.
const (
	ManageConnections ConnectionAction = "execute-api:ManageConnections"
	OpenConnection    ConnectionAction = "execute-api:Invoke"
)

// CallRoute is calling a route of an HTTP or REST API, by its name in the Service Authorization Reference for API Gateway.
const CallRoute = OpenConnection

// GraphAction is something a function does with the fields of a GraphQL API.
type GraphAction string

// The actions on fields, by their names in the Service Authorization Reference for AppSync.
const (
	CallField GraphAction = "appsync:GraphQL"
)
