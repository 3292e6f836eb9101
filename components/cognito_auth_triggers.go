package components

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cognito"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/policies"
)

// TriggerTimeout is how long Cognito waits for a trigger's answer ("Customizing user pool workflows with Lambda triggers" in the developer
// guide). It cannot be changed, so a function that may take longer is refused as a trigger.
const TriggerTimeout = 5 * time.Second

// Triggers are functions that Cognito calls, and waits for, while users sign up and in; each may take [TriggerTimeout] at most, and one
// function can stand for several of them. Only the pool that has the trigger may call it.
//
// A trigger exists before its pool, and so cannot take a grant on it: the two would wait for each other. It needs no link to the pool, since
// every event says which pool it is about (userPoolId). What it may do with the pool, such as AdminAddUserToGroup,
// [CognitoAuth.AllowTrigger] says once both exist.
type Triggers struct {
	// PreSignUp may refuse a user who signs up, or confirm the user without a code.
	PreSignUp *Function
	// PostConfirmation hears of users who have signed up, or have set a new password after they forgot it. It may be called again for one
	// user.
	PostConfirmation *Function
	// PreAuthentication may refuse a user who signs in.
	PreAuthentication *Function
	// PostAuthentication hears of users who have signed in.
	PostAuthentication *Function
	// PreTokenGeneration may change the claims and scopes of both id and access tokens: its event and answer have version V2_0, which needs
	// Cognito's Essentials plan, which new user pools have, or Plus.
	PreTokenGeneration *Function
	// CustomMessage writes the mails, instead of the templates.
	CustomMessage *Function
	// UserMigration finds users who are not in the pool yet where they were before, by the password that they sign in with. It needs
	// AllowPasswordAuth.
	UserMigration *Function
	// DefineAuthChallenge decides what a user has to do next to sign in in a way of one's own, such as by a link in a mail. It, CreateAuthChallenge
	// and VerifyAuthChallenge need each other.
	DefineAuthChallenge *Function
	// CreateAuthChallenge makes the challenge.
	CreateAuthChallenge *Function
	// VerifyAuthChallenge judges the answer.
	VerifyAuthChallenge *Function
}

// all are the functions in use, by their field's name.
func (t Triggers) all() map[string]*Function {
	functions := map[string]*Function{
		"PreSignUp": t.PreSignUp, "PostConfirmation": t.PostConfirmation, "PreAuthentication": t.PreAuthentication,
		"PostAuthentication": t.PostAuthentication, "PreTokenGeneration": t.PreTokenGeneration, "CustomMessage": t.CustomMessage,
		"UserMigration": t.UserMigration, "DefineAuthChallenge": t.DefineAuthChallenge, "CreateAuthChallenge": t.CreateAuthChallenge,
		"VerifyAuthChallenge": t.VerifyAuthChallenge,
	}
	for field, function := range functions {
		if function == nil {
			delete(functions, field)
		}
	}
	return functions
}

// configuration is nil without triggers.
func (t Triggers) configuration() cognito.UserPoolLambdaConfigPtrInput {
	if t == (Triggers{}) {
		return nil
	}
	arn := func(function *Function) pulumi.StringPtrInput {
		if function == nil {
			return nil
		}
		return function.ARN
	}
	configuration := &cognito.UserPoolLambdaConfigArgs{
		PreSignUp:                   arn(t.PreSignUp),
		PostConfirmation:            arn(t.PostConfirmation),
		PreAuthentication:           arn(t.PreAuthentication),
		PostAuthentication:          arn(t.PostAuthentication),
		CustomMessage:               arn(t.CustomMessage),
		UserMigration:               arn(t.UserMigration),
		DefineAuthChallenge:         arn(t.DefineAuthChallenge),
		CreateAuthChallenge:         arn(t.CreateAuthChallenge),
		VerifyAuthChallengeResponse: arn(t.VerifyAuthChallenge),
	}
	if t.PreTokenGeneration != nil {
		configuration.PreTokenGenerationConfig = &cognito.UserPoolLambdaConfigPreTokenGenerationConfigArgs{
			LambdaArn: t.PreTokenGeneration.ARN, LambdaVersion: pulumi.String("V2_0"),
		}
	}
	return configuration
}

// permitTriggers lets the pool, and no other, call its triggers.
func (a *CognitoAuth) permitTriggers(ctx *pulumi.Context, args *CognitoAuthArgs) error {
	permitted := map[*Function]bool{}
	for _, function := range args.Triggers.all() {
		if permitted[function] {
			continue
		}
		permitted[function] = true
		_, err := function.permit(ctx, a, a.logicalName+"-"+function.logicalName, "cognito-idp.amazonaws.com", a.UserPoolARN)
		if err != nil {
			return err
		}
	}
	return nil
}

// AllowTrigger allows one of the pool's triggers the actions on the pool, as [CognitoAuth.Grant] allows them to other functions: by a policy
// of its own, called <function>-<pool>-policy, since the function has to exist before the pool. There is no link; the function finds the
// pool's id in its events. It is called once for each function.
func (a *CognitoAuth) AllowTrigger(ctx *pulumi.Context, function *Function, actions ...policies.UserPoolAction) error {
	p := check("CognitoAuth", a.logicalName)
	p.want(function != nil && slices.Contains(slices.Collect(maps.Values(a.triggers.all())), function), "AllowTrigger function", functionName(function),
		"one of the pool's Triggers; other functions take CognitoAuth.Grant")
	p.want(len(actions) > 0, "AllowTrigger actions", actions, "at least one")
	if err := p.err(); err != nil {
		return err
	}
	_, err := function.extend(ctx, a, a.logicalName+"-policy", policies.Grant{Statements: a.Grant(actions...).Statements})
	return wrap("CognitoAuth", a.logicalName, err)
}

func (a *CognitoAuthArgs) validateTriggers(p *problems) {
	for field, function := range a.Triggers.all() {
		p.want(function.timeout <= TriggerTimeout, "Triggers."+field+" timeout", function.timeout, "at most 5s, since Cognito waits no longer")
	}
	t := a.Triggers
	challenges := count(t.DefineAuthChallenge != nil, t.CreateAuthChallenge != nil, t.VerifyAuthChallenge != nil)
	p.want(challenges == 0 || challenges == 3, "Triggers.DefineAuthChallenge, CreateAuthChallenge and VerifyAuthChallenge",
		fmt.Sprintf("%d of them", challenges), "all or none")
	p.want(t.UserMigration == nil || a.AllowPasswordAuth, "Triggers.UserMigration", functionName(t.UserMigration),
		"AllowPasswordAuth too, since the old home of the user can only judge the password itself")
}
