package node

// Gauges are what docs/operate.md has to name.
var Gauges = gauges
