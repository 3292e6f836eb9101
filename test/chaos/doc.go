// Package chaos plays stories of the whole shop in memory, by chance and under every fault that AWS allows, and checks after each that
// no order was lost, charged twice or oversold.
//
// The contexts' own code runs on a DynamoDB in memory, the order flow's own definition by a state machine in memory, in a simulated world
// of streams, buses, topics, queues and third parties. One seed decides all: see docs/testing.md.
package chaos
