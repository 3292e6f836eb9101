package policies

// DataAction is something a function does with an Aurora cluster through the RDS Data API.
type DataAction string

// The actions of the Data API, by their names in the Service Authorization Reference for the RDS Data API.
const (
	ExecuteStatement      DataAction = "rds-data:ExecuteStatement"
	BatchExecuteStatement DataAction = "rds-data:BatchExecuteStatement"
	BeginTransaction      DataAction = "rds-data:BeginTransaction"
	CommitTransaction     DataAction = "rds-data:CommitTransaction"
	RollbackTransaction   DataAction = "rds-data:RollbackTransaction"
)

const (
	// DatabaseConnect is signing in to a database as one user with a token instead of a password.
	DatabaseConnect = "rds-db:connect"
	// GetSecretValue is reading a secret from Secrets Manager.
	GetSecretValue = "secretsmanager:GetSecretValue" //nolint:gosec // the name of an action, not a secret
)
