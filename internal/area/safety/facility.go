package safety

import "accord/record"

// facility is a facility in the ground whose safety has to be inspected, and who looks after it. A row is one facility
// number under one name.
var facility = record.Dataset{
	Name:    "safety/facility",
	Version: 1,
	Fields: []record.Field{
		{Name: "name", Type: record.Text},
		{Name: "manager", Type: record.Text},
		{Name: "class", Type: record.Text},
		{Name: "kind", Type: record.Text},
	},
}

// inspectionResult is what an inspection of a facility found: its grade in the words of its publisher, and free text.
var inspectionResult = record.Dataset{
	Name:    "safety/inspection-result",
	Version: 1,
	Fields: []record.Field{
		{Name: "facility", Type: record.Text},
		{Name: "name", Type: record.Text},
		{Name: "ended", Type: record.Date},
		{Name: "method", Type: record.Code, Codes: []string{"visual", "cavity"}},
		{Name: "cost", Type: record.Number},
		{Name: "length_road", Type: record.Number},
		{Name: "length_side", Type: record.Number},
		{Name: "summary", Type: record.Text},
		{Name: "comment", Type: record.Text},
		{Name: "grade", Type: record.Text},
		{Name: "action_needed", Type: record.Text},
		{Name: "assessment_needed", Type: record.Text},
		{Name: "status", Type: record.Text},
		{Name: "signed_on", Type: record.Date},
	},
}

// safetyAction is an order to make a facility safe, and what was done.
var safetyAction = record.Dataset{
	Name:    "safety/safety-action",
	Version: 1,
	Fields: []record.Field{
		{Name: "facility", Type: record.Text},
		{Name: "name", Type: record.Text},
		{Name: "reason", Type: record.Text},
		{Name: "detail", Type: record.Text},
		{Name: "method", Type: record.Text},
		{Name: "due", Type: record.Date},
		{Name: "result", Type: record.Text},
		{Name: "notified_on", Type: record.Date},
	},
}
