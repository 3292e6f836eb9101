// Package handler is what every function of the shop shares: it reads the Lambda environment, takes in requests, events, changes and
// tasks, and logs, traces and counts.
//
// A function's main builds what it needs and starts what it is:
//
//	func main() {
//		env := handler.Environment()
//		products := catalog.NewTable(dynamodb.NewFromConfig(env.AWS()), env.Get("PRODUCTS_TABLE"))
//		handler.StartHTTP(env, catalog.NewRoutes(products).Get)
//	}
//
// What calls the function decides which Start it is:
//
//	StartHTTP    a route of an HTTP or REST API       answers; errors become problems
//	StartEvent   a rule of an event bus               an error makes Lambda try again, then the dead-letter queue
//	StartTopic   a topic, directly                    as StartEvent
//	StartQueue   a queue, an event at a time          only the messages that failed come again
//	StartBatch   a queue, all events of a batch       all come again, or none
//	StartStream  the changes of a table               stops at the first failure and begins again there
//	StartTask    a task of a workflow                 errors have names that the workflow can catch
//
// Whatever it is: one line in the log tells how each request, event, change and task went, with its correlation id, Lambda request id, trace
// id, the ids of event and order, whether it met a cold start, and how long it took. A correlation id that is not given is made. The
// context ends a little before Lambda would end the function. A panic is an error like others. X-Ray gets a subsegment with the
// correlation id and the order's id, and whatever [Annotate] adds; [Count] makes metrics.
//
// # Requests
//
// A route is a [Func]. It reads its [Request], and returns a [Response] or an error. Errors of the domain (package fault)
// become RFC 9457 problems with the right status in one place; anything unexpected is logged with all its details and
// answered with none. Conditional reads and security headers are seen to here.
//
// # Events
//
// An [Event] looks the same on every way that it takes: a rule of a bus, a topic, a queue, a topic's message in a queue. It comes at least
// once and in any order, except in a FIFO queue, so a [Consumer] is idempotent by [Event.ID] or by what it writes.
//
// # Functions are small
//
// A cold start costs the customer time, so nothing is imported here that a function of another kind would carry along for
// nothing, as far as that can be had: the X-Ray SDK alone would make a small function twice as large.
//
// A function that the stack keeps warm is called with [KeepWarmPing] now and then. It is answered here; the function's own code never sees it.
package handler
