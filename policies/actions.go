package policies

// TableAction is something a function does with a DynamoDB table or one of its indexes.
type TableAction string

// The actions on tables and indexes, by their names in the Service Authorization Reference for DynamoDB.
// TransactWriteItems and TransactGetItems have no actions of their own: a transaction needs the action of each of its parts. A batch needs
// its own action and not those of single items.
const (
	GetItem            TableAction = "dynamodb:GetItem"
	BatchGetItem       TableAction = "dynamodb:BatchGetItem"
	Query              TableAction = "dynamodb:Query"
	Scan               TableAction = "dynamodb:Scan"
	PutItem            TableAction = "dynamodb:PutItem"
	UpdateItem         TableAction = "dynamodb:UpdateItem"
	DeleteItem         TableAction = "dynamodb:DeleteItem"
	BatchWriteItem     TableAction = "dynamodb:BatchWriteItem"
	ConditionCheckItem TableAction = "dynamodb:ConditionCheckItem"
)

// ObjectAction is something a function or a user does with the objects of an S3 bucket.
type ObjectAction string

// The actions on objects, by their names in the Service Authorization Reference for S3. Note that the permission for
// the operation HeadObject is GetObject, and that the one for the operation ListObjectsV2 is ListBucket.
const (
	GetObject    ObjectAction = "s3:GetObject"
	PutObject    ObjectAction = "s3:PutObject"
	DeleteObject ObjectAction = "s3:DeleteObject"
	ListBucket   ObjectAction = "s3:ListBucket"
)

// UserPoolAction is something a function does with a Cognito user pool.
type UserPoolAction string

// The actions on user pools, by their names in the Service Authorization Reference for Cognito user pools.
const (
	AdminGetUser             UserPoolAction = "cognito-idp:AdminGetUser"
	AdminCreateUser          UserPoolAction = "cognito-idp:AdminCreateUser"
	AdminDeleteUser          UserPoolAction = "cognito-idp:AdminDeleteUser"
	AdminDisableUser         UserPoolAction = "cognito-idp:AdminDisableUser"
	AdminUserGlobalSignOut   UserPoolAction = "cognito-idp:AdminUserGlobalSignOut"
	AdminAddUserToGroup      UserPoolAction = "cognito-idp:AdminAddUserToGroup"
	AdminRemoveUserFromGroup UserPoolAction = "cognito-idp:AdminRemoveUserFromGroup"
	AdminListGroupsForUser   UserPoolAction = "cognito-idp:AdminListGroupsForUser"
	ListUsers                UserPoolAction = "cognito-idp:ListUsers"
)

// unscoped are the actions for which AWS offers no resource-level permission, each with what it is needed for.
// This list is reviewed: an action belongs here only if the Service Authorization Reference shows no resource type for it.
var unscoped = map[string]string{
	"ec2:DescribeNetworkInterfaces": "functions in a network",
	"ec2:DescribeSubnets":           "functions in a network",
	"ecr:GetAuthorizationToken":     "images of container jobs",
	"logs:CreateLogDelivery":        "logs of workflows",
	"logs:DeleteLogDelivery":        "logs of workflows",
	"logs:DescribeResourcePolicies": "logs of workflows",
	"logs:GetLogDelivery":           "logs of workflows",
	"logs:ListLogDeliveries":        "logs of workflows",
	"logs:PutResourcePolicy":        "logs of workflows",
	"logs:UpdateLogDelivery":        "logs of workflows",
	"states:SendTaskFailure":        "answering tasks by their tokens",
	"states:SendTaskHeartbeat":      "answering tasks by their tokens",
	"states:SendTaskSuccess":        "answering tasks by their tokens",
	"xray:GetSamplingRules":         "traces of workflows",
	"xray:GetSamplingTargets":       "traces of workflows",
	"xray:PutTelemetryRecords":      "traces of functions and workflows",
	"xray:PutTraceSegments":         "traces of functions and workflows",
}

// Unscoped tells whether AWS offers no resource-level permission for the action, so that its resource can only be "*".
func Unscoped(action string) bool {
	_, found := unscoped[action]
	return found
}

// AccountWide tells whether a service insists on a permission for all resources of the account and region, arn:…:*/*.
func AccountWide(action string) bool {
	_, found := accountWide[action]
	return found
}

// accountWide are the actions for which a service insists on a permission for all resources of the account and region, arn:…:*/*, though
// AWS could limit them. This list is reviewed like unscoped.
var accountWide = map[string]string{
	"ec2:DeleteNetworkInterface": "functions in a network: Lambda refuses a role that may delete only certain interfaces",
}

// kindWide are the actions that need a permission for all resources of a kind in the account and region, with the kind: the resource is yet
// to be made, or the action is to find it. This list is reviewed like unscoped.
var kindWide = map[string]string{
	"ec2:AssignPrivateIpAddresses":   "network-interface", // functions in a network: Lambda makes the interfaces
	"ec2:CreateNetworkInterface":     "network-interface",
	"ec2:UnassignPrivateIpAddresses": "network-interface",
	"logs:DescribeLogGroups":         "log-group", // logs of workflows and networks: Step Functions and VPC look for theirs
}

// Tracing lets a function send its traces to X-Ray.
func Tracing() Grant {
	return Grant{Statements: []Statement{{
		Actions:   []string{"xray:PutTraceSegments", "xray:PutTelemetryRecords"},
		Resources: All,
	}}}
}
