package components_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/components"
	"github.com/serverless-shop/serverless-shop/internal/mocks"
	"github.com/serverless-shop/serverless-shop/policies"
)

const (
	identityType         = "aws:sesv2/emailIdentity:EmailIdentity"
	configurationSetType = "aws:sesv2/configurationSet:ConfigurationSet"
)

func TestMailSender_IsSafeByDefault(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := components.NewMailSender(ctx, "mail", &components.MailSenderArgs{Address: "orders@shop.example"})
		return err
	})
	require.Equal(t, "orders@shop.example", program.Get(t, identityType, "mail").Inputs["emailIdentity"])
	set := program.Get(t, configurationSetType, "mail-configuration").Inputs
	require.Equal(t, "REQUIRE", in(t, set, "deliveryOptions", "tlsPolicy"))
	require.Equal(t, true, in(t, set, "reputationOptions", "reputationMetricsEnabled"))
	require.Equal(t, []any{"BOUNCE", "COMPLAINT"}, in(t, set, "suppressionOptions", "suppressedReasons"))
	require.Equal(t, set["configurationSetName"], program.Get(t, identityType, "mail").Inputs["configurationSetName"])
}

func TestMailSender_Options(t *testing.T) {
	program := mocks.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := components.NewMailSender(ctx, "mail", &components.MailSenderArgs{
			Address: "orders@shop.example", VerifyDomain: true, AllowPlainDelivery: true,
		})
		return err
	})
	require.Equal(t, "shop.example", program.Get(t, identityType, "mail").Inputs["emailIdentity"])
	require.Equal(t, "OPTIONAL", in(t, program.Get(t, configurationSetType, "mail-configuration").Inputs, "deliveryOptions", "tlsPolicy"))
}

func TestMailSender_GrantsSendingUnderItsAddressOnly(t *testing.T) {
	mocks.MustRun(t, func(ctx *pulumi.Context) error {
		sender, err := components.NewMailSender(ctx, "mail", &components.MailSenderArgs{Address: "orders@shop.example"})
		require.NoError(t, err)
		grant := sender.GrantSend()
		require.Equal(t, []string{"ses:SendEmail"}, grant.Actions())
		require.Equal(t, policies.Conditions{"StringEquals": {"ses:FromAddress": {"orders@shop.example"}}}, grant.Statements[0].Conditions)
		require.Len(t, grant.Statements[0].Resources, 2)
		require.Equal(t, "MAIL_SENDER", grant.Links[0].Variable)
		return nil
	})
}

func TestMailSender_RefusesWrongArguments(t *testing.T) {
	for address, want := range map[string]string{
		"":                           `mail (MailSender): Address = "", want an e-mail address such as orders@shop.example`,
		"shop.example":               `Address = "shop.example", want`,
		"Shop <orders@shop.example>": `Address = "Shop <orders@shop.example>", want`,
	} {
		_, err := mocks.Run(func(ctx *pulumi.Context) error {
			_, err := components.NewMailSender(ctx, "mail", &components.MailSenderArgs{Address: address})
			return err
		}, nil)
		require.ErrorContains(t, err, want)
	}
	_, err := mocks.Run(func(ctx *pulumi.Context) error {
		_, err := components.NewMailSender(ctx, "a-name-that-is-much-too-long-for-a-configuration-set-of-ses-today", &components.MailSenderArgs{Address: "orders@shop.example"})
		return err
	}, nil)
	require.ErrorContains(t, err, "at most 64 characters")
}
