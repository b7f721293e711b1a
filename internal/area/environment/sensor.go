package environment

import "accord/record"

// sensorQuantity is a quantity in the messages of sensors, with the unit and the rule by which it is written there.
var sensorQuantity = record.Dataset{
	Name:    "environment/sensor-quantity",
	Version: 1,
	Fields: []record.Field{
		{Name: "unit", Type: record.Text},
		{Name: "description", Type: record.Text},
	},
}
