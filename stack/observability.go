package stack

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/serverless-shop/serverless-shop/components"
)

// NewObservability deploys who hears of alarms, and the budget. It comes before everything that has alarms.
func (s *Stack) NewObservability(ctx *pulumi.Context) error {
	args := &components.ObservabilityArgs{Emails: s.settings.alarmEmails}
	if s.settings.monthlyBudget > 0 {
		args.Budget = &components.Budget{MonthlyUSD: s.settings.monthlyBudget}
	}
	var err error
	s.observability, err = components.NewObservability(ctx, "observability", args)
	return err
}

// NewDashboard deploys the dashboard of everything that was watched. It comes after all contexts.
func (s *Stack) NewDashboard(ctx *pulumi.Context) error {
	return s.observability.NewDashboard(ctx, s.dashboard...)
}

// section begins the section of the dashboard that everything shows in which is watched from here on.
func (s *Stack) section(title string) {
	s.dashboard = append(s.dashboard, components.Section{Title: title})
}

// watch puts components on the dashboard, which functions are by themselves. A test fails for a component that is not on it.
func (s *Stack) watch(of ...components.Observable) {
	last := &s.dashboard[len(s.dashboard)-1]
	last.Watch = append(last.Watch, of...)
}

// alarms are what every component with alarms is given.
func (s *Stack) alarms() components.Alarms {
	alarms := s.observability.Alarms()
	alarms.Disabled = !s.settings.alarms
	return alarms
}
