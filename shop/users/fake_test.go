package users

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	cognitotypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/attr"
)

// calls counts the calls of AWS by action, and fails those that a test wants to fail.
type calls struct {
	made  map[string]int
	total int
	// failAt, if not 0, is the number of the call, from 1, that fails, and whether it had its effect before.
	failAt      int
	afterEffect bool
	// err, if set, is returned by every call.
	err error
}

var errCrash = errors.New("crash")

// call runs an action unless it is to fail.
func (c *calls) call(action string, effect func()) error {
	c.made[action]++
	c.total++
	if c.err != nil {
		return c.err
	}
	if c.total == c.failAt {
		if c.afterEffect {
			effect()
		}
		return errCrash
	}
	effect()
	return nil
}

// fakeDynamo is as much of DynamoDB as a Table uses: one table, and the few expressions of dynamo.go. An expression it does not know is a panic.
// The integration test runs the same checks against an emulator.
type fakeDynamo struct {
	*calls
	items map[string]map[string]types.AttributeValue
	// changes is what the stream of the table carries.
	changes []handler.Change
	// loseAnswer makes the next write be made twice, as the SDK does when the answer is lost.
	loseAnswer bool
	// busy leaves all keys of a batch over.
	busy bool
}

func (f *fakeDynamo) GetItem(_ context.Context, in *dynamodb.GetItemInput, _ ...func(*dynamodb.Options)) (out *dynamodb.GetItemOutput, err error) {
	err = f.call("GetItem", func() { out = &dynamodb.GetItemOutput{Item: f.items[attr.Plain(in.Key[attrID])]} })
	return out, err
}

func (f *fakeDynamo) BatchGetItem(_ context.Context, in *dynamodb.BatchGetItemInput, _ ...func(*dynamodb.Options)) (out *dynamodb.BatchGetItemOutput, err error) {
	out = &dynamodb.BatchGetItemOutput{Responses: map[string][]map[string]types.AttributeValue{}}
	err = f.call("BatchGetItem", func() {
		if f.busy {
			out.UnprocessedKeys = in.RequestItems
			return
		}
		for table, wanted := range in.RequestItems {
			allUsed(wanted.ExpressionAttributeNames, nil, wanted.ProjectionExpression)
			for _, key := range wanted.Keys {
				if item, ok := f.items[attr.Plain(key[attrID])]; ok {
					projected := map[string]types.AttributeValue{}
					for _, name := range wanted.ExpressionAttributeNames {
						if item[name] != nil {
							projected[name] = item[name]
						}
					}
					out.Responses[table] = append(out.Responses[table], projected)
				}
			}
		}
	})
	return out, err
}

// allUsed panics unless the expressions use exactly the names and values that are given with them, as DynamoDB demands.
func allUsed(names map[string]string, values map[string]types.AttributeValue, expressions ...*string) {
	used := map[string]bool{}
	for _, expression := range expressions {
		for _, token := range regexp.MustCompile(`[#:]\w+`).FindAllString(aws.ToString(expression), -1) {
			used[token] = true
		}
	}
	given := slices.Sorted(maps.Keys(names))
	given = slices.AppendSeq(given, maps.Keys(values))
	slices.Sort(given)
	if wanted := slices.Sorted(maps.Keys(used)); !slices.Equal(given, wanted) {
		panic(fmt.Sprintf("given %v, used %v", given, wanted))
	}
}

// holds evaluates a condition. If it does not hold, the error carries the stored item if that was asked for.
func holds(item map[string]types.AttributeValue, expression string, values map[string]types.AttributeValue, give types.ReturnValuesOnConditionCheckFailure) error {
	list, in := strings.CutPrefix(expression, "#version IN (")
	ok := false
	switch {
	case expression == "attribute_not_exists(#userId)":
		ok = item == nil
	case expression == "attribute_not_exists(#deletedAt)":
		ok = item["deletedAt"] == nil
	case expression == "attribute_exists(#version)":
		ok = item["version"] != nil
	case in:
		for name := range strings.SplitSeq(strings.TrimSuffix(list, ")"), ", ") {
			ok = ok || item["version"] != nil && attr.Plain(values[name]) == attr.Plain(item["version"])
		}
	default:
		panic(expression)
	}
	if ok {
		return nil
	}
	failed := &types.ConditionalCheckFailedException{}
	if give == types.ReturnValuesOnConditionCheckFailureAllOld {
		failed.Item = item
	}
	return failed
}

// store replaces an item, and tells the stream.
func (f *fakeDynamo) store(item map[string]types.AttributeValue) {
	id := attr.Plain(item[attrID])
	kind := handler.Modify
	if f.items[id] == nil {
		kind = handler.Insert
	}
	f.items[id] = item
	f.changes = append(f.changes, handler.Change{ID: strconv.Itoa(len(f.changes)), Kind: kind, Keys: key(id), New: item})
}

func (f *fakeDynamo) PutItem(ctx context.Context, in *dynamodb.PutItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	allUsed(in.ExpressionAttributeNames, in.ExpressionAttributeValues, in.ConditionExpression)
	var refused error
	err := f.call("PutItem", func() {
		refused = holds(f.items[attr.Plain(in.Item[attrID])], *in.ConditionExpression, nil, in.ReturnValuesOnConditionCheckFailure)
		if refused == nil {
			f.store(in.Item)
		}
	})
	if err == nil && refused == nil && f.loseAnswer {
		f.loseAnswer = false
		return f.PutItem(ctx, in)
	}
	return &dynamodb.PutItemOutput{}, errors.Join(err, refused)
}

func (f *fakeDynamo) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	allUsed(in.ExpressionAttributeNames, in.ExpressionAttributeValues, in.UpdateExpression, in.ConditionExpression)
	old := f.items[attr.Plain(in.Key[attrID])]
	out := &dynamodb.UpdateItemOutput{}
	var refused error
	err := f.call("UpdateItem", func() {
		if refused = holds(old, *in.ConditionExpression, in.ExpressionAttributeValues, in.ReturnValuesOnConditionCheckFailure); refused == nil {
			out.Attributes = updated(old, in)
			f.store(out.Attributes)
		}
	})
	if err == nil && refused == nil && f.loseAnswer {
		f.loseAnswer = false
		return f.UpdateItem(ctx, in)
	}
	return out, errors.Join(err, refused)
}

// updated carries out an update expression.
func updated(old map[string]types.AttributeValue, in *dynamodb.UpdateItemInput) map[string]types.AttributeValue {
	item := maps.Clone(old)
	set, remove, _ := strings.Cut(strings.TrimPrefix(*in.UpdateExpression, "SET "), " REMOVE ")
	if remove != "" {
		delete(item, in.ExpressionAttributeNames[remove])
	}
	for clause := range strings.SplitSeq(set, ", ") {
		name, value, _ := strings.Cut(clause, " = ")
		attribute := in.ExpressionAttributeNames[name]
		switch {
		case value == "#version + :one":
			n, _ := strconv.Atoi(attr.Plain(old["version"]))
			item[attribute] = attr.Number(int64(n) + 1)
		case in.ExpressionAttributeValues[value] == nil || attribute == "":
			panic(clause)
		default:
			item[attribute] = in.ExpressionAttributeValues[value]
		}
	}
	return item
}

// member is a user of a fakeCognito.
type member struct {
	username   string
	attributes map[string]string
	status     cognitotypes.UserStatusType
	disabled   bool
	groups     []string
	signedOut  bool
}

// fakeCognito is a user pool.
type fakeCognito struct {
	*calls
	members []*member
	invited []string // e-mail addresses
	// late makes the list of users miss the newest, as Cognito's may for some seconds.
	late bool
}

const poolID = "pool-1"

// find returns a user as Cognito does: by username or e-mail address.
func (f *fakeCognito) find(pool, username *string) (*member, error) {
	if *pool != poolID {
		return nil, &cognitotypes.ResourceNotFoundException{Message: aws.String("no pool " + *pool)}
	}
	for _, m := range f.members {
		if m.username == *username || m.attributes["email"] == *username {
			return m, nil
		}
	}
	return nil, &cognitotypes.UserNotFoundException{}
}

// with does something to a user.
func (f *fakeCognito) with(action string, pool, username *string, do func(*member)) error {
	var missing error
	err := f.call(action, func() {
		m, err := f.find(pool, username)
		if missing = err; err == nil {
			do(m)
		}
	})
	return errors.Join(err, missing)
}

func (m *member) list() []cognitotypes.AttributeType {
	var list []cognitotypes.AttributeType
	for name, value := range m.attributes {
		list = append(list, cognitotypes.AttributeType{Name: aws.String(name), Value: aws.String(value)})
	}
	return list
}

func (m *member) user() cognitotypes.UserType {
	return cognitotypes.UserType{
		Username: &m.username, Attributes: m.list(), Enabled: !m.disabled, UserStatus: m.status, UserCreateDate: aws.Time(noon),
	}
}

func (f *fakeCognito) AdminGetUser(_ context.Context, in *cognito.AdminGetUserInput, _ ...func(*cognito.Options)) (out *cognito.AdminGetUserOutput, err error) {
	err = f.with("AdminGetUser", in.UserPoolId, in.Username, func(m *member) {
		out = &cognito.AdminGetUserOutput{
			Username: &m.username, UserAttributes: m.list(), Enabled: !m.disabled, UserStatus: m.status, UserCreateDate: aws.Time(noon),
		}
	})
	return out, err
}

func (f *fakeCognito) ListUsers(_ context.Context, in *cognito.ListUsersInput, _ ...func(*cognito.Options)) (*cognito.ListUsersOutput, error) {
	out := &cognito.ListUsersOutput{}
	var refused error
	err := f.call("ListUsers", func() {
		known := f.members
		if f.late {
			known = known[:len(known)-1]
		}
		if in.Filter != nil {
			for _, m := range known {
				if *in.Filter == fmt.Sprintf("sub = %q", m.attributes["sub"]) {
					out.Users = append(out.Users, m.user())
				}
			}
			return
		}
		start := 0
		if in.PaginationToken != nil {
			var err error
			if start, err = strconv.Atoi(*in.PaginationToken); err != nil {
				refused = &cognitotypes.InvalidParameterException{Message: aws.String("Invalid pagination token")}
				return
			}
		}
		for _, m := range known[start:min(start+int(*in.Limit), len(known))] {
			out.Users = append(out.Users, m.user())
		}
		if start+int(*in.Limit) < len(known) {
			out.PaginationToken = aws.String(strconv.Itoa(start + int(*in.Limit)))
		}
	})
	return out, errors.Join(err, refused)
}

func (f *fakeCognito) AdminListGroupsForUser(_ context.Context, in *cognito.AdminListGroupsForUserInput, _ ...func(*cognito.Options)) (*cognito.AdminListGroupsForUserOutput, error) {
	out := &cognito.AdminListGroupsForUserOutput{}
	err := f.with("AdminListGroupsForUser", in.UserPoolId, in.Username, func(m *member) {
		for _, group := range m.groups {
			out.Groups = append(out.Groups, cognitotypes.GroupType{GroupName: aws.String(group)})
		}
	})
	return out, err
}

func (f *fakeCognito) AdminAddUserToGroup(_ context.Context, in *cognito.AdminAddUserToGroupInput, _ ...func(*cognito.Options)) (*cognito.AdminAddUserToGroupOutput, error) {
	return &cognito.AdminAddUserToGroupOutput{}, f.with("AdminAddUserToGroup", in.UserPoolId, in.Username, func(m *member) {
		if !slices.Contains(m.groups, *in.GroupName) {
			m.groups = append(m.groups, *in.GroupName)
		}
	})
}

func (f *fakeCognito) AdminRemoveUserFromGroup(_ context.Context, in *cognito.AdminRemoveUserFromGroupInput, _ ...func(*cognito.Options)) (*cognito.AdminRemoveUserFromGroupOutput, error) {
	return &cognito.AdminRemoveUserFromGroupOutput{}, f.with("AdminRemoveUserFromGroup", in.UserPoolId, in.Username, func(m *member) {
		m.groups = slices.DeleteFunc(m.groups, func(g string) bool { return g == *in.GroupName })
	})
}

func (f *fakeCognito) AdminCreateUser(_ context.Context, in *cognito.AdminCreateUserInput, _ ...func(*cognito.Options)) (*cognito.AdminCreateUserOutput, error) {
	out := &cognito.AdminCreateUserOutput{}
	var refused error
	err := f.call("AdminCreateUser", func() {
		switch _, missing := f.find(in.UserPoolId, in.Username); {
		case missing == nil:
			refused = &cognitotypes.UsernameExistsException{}
			return
		case strings.HasSuffix(*in.Username, "@refused.example"):
			refused = &cognitotypes.InvalidParameterException{Message: aws.String("Invalid email address format.")}
			return
		}
		m := f.add(fmt.Sprintf("00000000-0000-4000-8000-%012d", len(f.members)), "", "")
		m.status = cognitotypes.UserStatusTypeForceChangePassword
		for _, a := range in.UserAttributes {
			m.attributes[*a.Name] = *a.Value
		}
		if slices.Contains(in.DesiredDeliveryMediums, cognitotypes.DeliveryMediumTypeEmail) {
			f.invited = append(f.invited, m.attributes["email"])
		}
		user := m.user()
		out.User = &user
	})
	return out, errors.Join(err, refused)
}

func (f *fakeCognito) AdminUserGlobalSignOut(_ context.Context, in *cognito.AdminUserGlobalSignOutInput, _ ...func(*cognito.Options)) (*cognito.AdminUserGlobalSignOutOutput, error) {
	return &cognito.AdminUserGlobalSignOutOutput{}, f.with("AdminUserGlobalSignOut", in.UserPoolId, in.Username, func(m *member) { m.signedOut = true })
}

func (f *fakeCognito) AdminDeleteUser(_ context.Context, in *cognito.AdminDeleteUserInput, _ ...func(*cognito.Options)) (*cognito.AdminDeleteUserOutput, error) {
	return &cognito.AdminDeleteUserOutput{}, f.with("AdminDeleteUser", in.UserPoolId, in.Username, func(m *member) {
		f.members = slices.DeleteFunc(f.members, func(other *member) bool { return other == m })
	})
}

// add puts a user into the pool, who has confirmed the address and is in no group.
func (f *fakeCognito) add(id, email, name string) *member {
	m := &member{username: id, attributes: map[string]string{"sub": id, "email": email, "name": name}, status: cognitotypes.UserStatusTypeConfirmed}
	f.members = append(f.members, m)
	return m
}

// The people of the tests.
const (
	annID   = "aaaaaaaa-1111-4111-8111-111111111111"
	bobID   = "bbbbbbbb-2222-4222-8222-222222222222"
	adminID = "ad000000-3333-4333-8333-333333333333"
	noneID  = "00000000-0000-4000-8000-999999999999"
)

// noon is when the tests begin.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// shop is the users' context with Ann, a customer, and an administrator.
type shop struct {
	*calls
	dynamo  *fakeDynamo
	cognito *fakeCognito
	service *Service
	routes  *Routes
	clock   time.Time
	ann     *member
	admin   *member
}

func newShop(t *testing.T) *shop {
	t.Helper()
	counted := &calls{made: map[string]int{}}
	s := &shop{
		calls: counted, clock: noon,
		dynamo:  &fakeDynamo{calls: counted, items: map[string]map[string]types.AttributeValue{}},
		cognito: &fakeCognito{calls: counted},
	}
	s.ann = s.cognito.add(annID, "ann@shop.example", "Ann")
	s.ann.groups = []string{CustomerGroup}
	s.admin = s.cognito.add(adminID, "admin@shop.example", "Admin")
	s.admin.groups = []string{AdminGroup}
	s.service = NewService(NewTable(s.dynamo, "users"), NewUserPool(s.cognito, poolID))
	s.service.now = func() time.Time { return s.clock }
	s.routes = NewRoutes(s.service)
	return s
}

// published are the events that the table's stream makes, as "User Registered: <id>".
func (s *shop) published(t *testing.T) []string {
	t.Helper()
	channel := &fakeChannel{}
	for _, c := range s.dynamo.changes {
		require.NoError(t, NewPublisher(channel).OnChange(t.Context(), c))
	}
	var all []string
	for _, e := range channel.events {
		all = append(all, fmt.Sprintf("%s: %s", e.Type, e.ID))
	}
	return all
}

type fakeChannel struct {
	events []handler.Event
	err    error
}

func (f *fakeChannel) Publish(_ context.Context, events ...handler.Event) error {
	f.events = append(f.events, events...)
	return f.err
}
