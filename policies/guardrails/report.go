package guardrails

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Report writes, as Markdown, what became of every rule in every stack, why rules are waived, and which controls are retired.
func Report(rules []Rule, outcomes ...Outcome) string {
	var text strings.Builder
	text.WriteString("| control | severity |")
	for _, o := range outcomes {
		text.WriteString(" " + o.Stack + " |")
	}
	text.WriteString(" what it asks | why |\n|---|---|" + strings.Repeat("---|", len(outcomes)) + "---|---|\n")
	for _, rule := range rules {
		name := rule.ID
		if link := rule.Link(); link != "" {
			name = "[" + rule.ID + "](" + link + ")"
		}
		fmt.Fprintf(&text, "| %s | %s |", name, rule.Severity)
		for _, o := range outcomes {
			text.WriteString(" " + o.summary(rule) + " |")
		}
		fmt.Fprintf(&text, " %s%s | %s |\n", cell(rule.Title), standard(rule), cell(rule.Why))
	}

	text.WriteString("\n## Waivers\n\n| control | resource | stacks | why |\n|---|---|---|---|\n")
	for _, line := range waiverLines(outcomes) {
		text.WriteString(line + "\n")
	}

	text.WriteString("\n## Retired controls\n\n")
	retired := Retired()
	for _, id := range slices.Sorted(maps.Keys(retired)) {
		fmt.Fprintf(&text, "* %s: %s.\n", id, retired[id])
	}
	return text.String()
}

// standard tells of controls that are no part of the Foundational Security Best Practices.
func standard(rule Rule) string {
	if rule.Source == nist {
		return " (" + nist + ")"
	}
	return ""
}

// summary is what became of a rule in the stack: passed, waived, violated, or none of its resources exist.
func (o Outcome) summary(rule Rule) string {
	counts := map[string]int{}
	for _, j := range o.Judgements {
		switch {
		case j.Rule.ID != rule.ID:
		case j.violated():
			counts["VIOLATED"]++
		case j.Waiver != nil:
			counts["waived"]++
		case j.Undecided:
			counts["undecided"]++
		default:
			counts["passed"]++
		}
	}
	var parts []string
	for _, word := range []string{"VIOLATED", "waived", "undecided", "passed"} {
		if counts[word] > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", word, counts[word]))
		}
	}
	if len(parts) == 0 {
		return "–"
	}
	return strings.Join(parts, ", ")
}

// waiverLines are the rows of used waivers, sorted; those that several stacks share are one row.
func waiverLines(outcomes []Outcome) []string {
	stacks := map[Waiver][]string{}
	for _, o := range outcomes {
		for _, j := range o.Judgements {
			if j.Waiver == nil {
				continue
			}
			w := *j.Waiver
			if !slices.Contains(stacks[w], o.Stack) {
				stacks[w] = append(stacks[w], o.Stack)
			}
		}
	}
	var lines []string
	for w := range stacks {
		reason := w.Reason
		if w.Until != "" {
			reason += " (until " + w.Until + ")"
		}
		lines = append(lines, fmt.Sprintf("| %s | `%s` | %s | %s |", w.Rule, w.Resource, strings.Join(stacks[w], ", "), cell(reason)))
	}
	slices.Sort(lines)
	return lines
}

// cell keeps text from ending a table's cell.
func cell(text string) string {
	return strings.ReplaceAll(text, "|", `\|`)
}
