package policies

// QueueAction is something a function does with an SQS queue.
type QueueAction string

// The actions on queues, by their names in the Service Authorization Reference for SQS. The batch operations have no actions
// of their own: SendMessageBatch needs SendMessage, and so on.
const (
	SendMessage             QueueAction = "sqs:SendMessage"
	ReceiveMessage          QueueAction = "sqs:ReceiveMessage"
	DeleteMessage           QueueAction = "sqs:DeleteMessage"
	ChangeMessageVisibility QueueAction = "sqs:ChangeMessageVisibility"
	GetQueueAttributes      QueueAction = "sqs:GetQueueAttributes"
)

// TopicAction is something a function does with an SNS topic.
type TopicAction string

// The actions on topics, by their names in the Service Authorization Reference for SNS. PublishBatch needs Publish.
const (
	Publish TopicAction = "sns:Publish"
)

// BusAction is something a function does with an EventBridge event bus.
type BusAction string

// The actions on event buses, by their names in the Service Authorization Reference for EventBridge.
const (
	PutEvents BusAction = "events:PutEvents"
)

// StreamAction is something a function does with a Kinesis data stream.
type StreamAction string

// The actions on data streams, by their names in the Service Authorization Reference for Kinesis Data Streams.
const (
	PutRecord  StreamAction = "kinesis:PutRecord"
	PutRecords StreamAction = "kinesis:PutRecords"
)

// KeyAction is something a function does, mostly through another service, with a customer-managed KMS key.
type KeyAction string

// The actions on keys, by their names in the Service Authorization Reference for KMS.
const (
	Decrypt         KeyAction = "kms:Decrypt"
	GenerateDataKey KeyAction = "kms:GenerateDataKey"
)

// MailAction is something a function does with an identity of Amazon SES.
type MailAction string

// The actions on identities, by their names in the Service Authorization Reference for SES v2.
const (
	SendEmail MailAction = "ses:SendEmail"
)
