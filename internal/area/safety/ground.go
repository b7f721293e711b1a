package safety

import "accord/record"

// notice is the short word of one place where the ground gave way, as lists give it before or beside the full record of
// subsidence. It is a dataset of its own, so that a list never takes fields away from a record that has them. description is
// free text that names injured people, as that of subsidence does: terms that are meant to be harmless never let it out.
var notice = record.Dataset{
	Name:    "safety/subsidence-notice",
	Version: 1,
	Fields: []record.Field{
		{Name: "province", Type: record.Text},
		{Name: "district", Type: record.Text},
		{Name: "description", Type: record.Text},
	},
}

// assessment is an assessment of the risk of subsidence that somebody had made. title is free text in which owners of
// works can be named.
var assessment = record.Dataset{
	Name:    "safety/subsidence-assessment",
	Version: 1,
	Fields: []record.Field{
		{Name: "title", Type: record.Text},
	},
}
