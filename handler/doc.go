// Package handler is what every function of the shop shares: it reads the Lambda environment, answers HTTP requests
// from API Gateway, be it an HTTP or a REST API, and logs.
//
// A function's main builds what it needs and starts:
//
//	func main() {
//		env := handler.Environment()
//		products := catalog.NewTable(dynamodb.NewFromConfig(env.AWS()), env.Get("PRODUCTS_TABLE"))
//		handler.StartHTTP(env, catalog.NewRoutes(products).Get)
//	}
//
// A route is a [Func]. It reads its [Request], and returns a [Response] or an error. Errors of the domain (package fault)
// become RFC 9457 problems with the right status in one place; anything unexpected is logged with all its details and
// answered with none. Panics, deadlines, correlation ids, conditional reads, security headers and the log line of each
// request are seen to here.
//
// A function that the stack keeps warm is called with [KeepWarmPing] now and then. It is answered here; the function's own code never sees it.
package handler
