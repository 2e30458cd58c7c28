// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// rule refuses requests that have a header with a value that matches.
type rule struct {
	id      string
	header  string
	pattern *regexp.Regexp
	status  uint32
}

// firewall is what a configuration says.
type firewall struct {
	enabled bool
	rules   []rule
}

// The two directives and the one form of rule that this example knows:
//
//	SecRuleEngine On
//	SecRule REQUEST_HEADERS:User-Agent "perl" "id:1234,deny,status:403"
var (
	engineDirective = regexp.MustCompile(`^SecRuleEngine\s+(On|Off)$`)
	ruleDirective   = regexp.MustCompile(`^SecRule\s+REQUEST_HEADERS:(\S+)\s+"((?:[^"\\]|\\.)*)"\s+"([^"]*)"$`)
)

// parseFirewall reads {"rules": ["directive", …]}.
func parseFirewall(configuration []byte) (*firewall, error) {
	var file struct {
		Rules []string `json:"rules"`
	}
	if err := json.Unmarshal(configuration, &file); err != nil {
		return nil, fmt.Errorf("the configuration is no JSON object with \"rules\": %w", err)
	}
	result := &firewall{}
	for index, directive := range file.Rules {
		if err := result.add(strings.TrimSpace(directive)); err != nil {
			return nil, fmt.Errorf("rule %d (%s): %w", index+1, directive, err)
		}
	}
	return result, nil
}

func (wall *firewall) add(directive string) error {
	if strings.HasPrefix(directive, "SecDebugLogLevel ") {
		return nil // the proxy decides what is logged
	}
	if match := engineDirective.FindStringSubmatch(directive); match != nil {
		wall.enabled = match[1] == "On"
		return nil
	}
	match := ruleDirective.FindStringSubmatch(directive)
	if match == nil {
		return fmt.Errorf("this example knows SecRuleEngine On|Off, and SecRule REQUEST_HEADERS:name \"pattern\" \"actions\"")
	}
	pattern, err := regexp.Compile(strings.ReplaceAll(match[2], `\"`, `"`))
	if err != nil {
		return err
	}
	added := rule{header: match[1], pattern: pattern}
	if err := added.read(match[3]); err != nil {
		return err
	}
	wall.rules = append(wall.rules, added)
	return nil
}

// read takes the actions: "id:1234,deny,status:403".
func (added *rule) read(actions string) error {
	denies := false
	added.status = 403
	for _, action := range strings.Split(actions, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(action), ":")
		switch name {
		case "id":
			added.id = value
		case "deny":
			denies = true
		case "status":
			status, err := strconv.ParseUint(value, 10, 32)
			if err != nil || status < 200 || status > 599 {
				return fmt.Errorf("status %q is none from 200 to 599", value)
			}
			added.status = uint32(status)
		default:
			return fmt.Errorf("unknown action %q: this example knows id, deny and status", name)
		}
	}
	if !denies {
		return fmt.Errorf("the action deny is missing")
	}
	return nil
}

// match returns the first rule that refuses a request, or nil.
func (wall *firewall) match(header func(name string) string) *rule {
	if !wall.enabled {
		return nil
	}
	for i := range wall.rules {
		if value := header(wall.rules[i].header); value != "" && wall.rules[i].pattern.MatchString(value) {
			return &wall.rules[i]
		}
	}
	return nil
}
