package leastprivilege

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// platform are the actions that every function needs for its log and traces, which Lambda itself takes on the function's
// behalf: no code of the function reaches them.
var platform = []string{"logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTelemetryRecords", "xray:PutTraceSegments"}

// onBehalf are the actions that services take for whoever calls them, on the key of what they are called for: a topic, a stream or a secret
// with a key of its own. No code reaches them either, so that one too many is not found.
var onBehalf = []string{"kms:Decrypt", "kms:GenerateDataKey"}

// Compare holds what functions' code can reach against what their roles grant, both ways, and returns one line per action
// that is granted and never used, or used and not granted. Both maps are function → actions.
func Compare(granted, used map[string][]string) []string {
	var problems []string
	for _, function := range slices.Sorted(maps.Keys(used)) {
		if _, deployed := granted[function]; !deployed {
			problems = append(problems, fmt.Sprintf("%s: has code but no role: no stack deploys it", function))
		}
	}
	for _, function := range slices.Sorted(maps.Keys(granted)) {
		if _, coded := used[function]; !coded {
			problems = append(problems, fmt.Sprintf("%s: has a role but no code", function))
			continue
		}
		for _, action := range granted[function] {
			if !slices.Contains(used[function], action) && !slices.Contains(platform, action) && !slices.Contains(onBehalf, action) {
				problems = append(problems, fmt.Sprintf("%s: %s is granted but its code never uses it: take the grant away", function, action))
			}
		}
		for _, action := range used[function] {
			if !slices.Contains(granted[function], action) {
				problems = append(problems, fmt.Sprintf("%s: %s is used but not granted: add the grant", function, action))
			}
		}
	}
	return problems
}

// Report writes what every function is granted and uses as a Markdown table, platform actions left out. resources are
// function → action → the resources it is granted on.
func Report(resources map[string]map[string][]string, used map[string][]string) string {
	var b strings.Builder
	b.WriteString("| function | action | on | used by its code |\n|---|---|---|---|\n")
	for _, function := range slices.Sorted(maps.Keys(resources)) {
		actions := slices.DeleteFunc(slices.Sorted(maps.Keys(resources[function])), func(a string) bool { return slices.Contains(platform, a) })
		for _, action := range actions {
			answer := "no"
			switch {
			case slices.Contains(used[function], action):
				answer = "yes"
			case slices.Contains(onBehalf, action):
				answer = "through services"
			}
			fmt.Fprintf(&b, "| %s | `%s` | %s | %s |\n", function, action, strings.Join(resources[function][action], "<br>"), answer)
		}
		if len(actions) == 0 {
			fmt.Fprintf(&b, "| %s | none | | |\n", function)
		}
	}
	return b.String()
}
