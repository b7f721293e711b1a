package link

import (
	"context"
	"fmt"

	"accord/exchange"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/hashlog"
)

// Receipt writes the receipt of one entry of writer's log on the link with this node's partner: our own entries towards
// partner when writer is this node, the partner's otherwise. The earliest cosigned checkpoint that covers the entry is
// used, so that asking again gives the same text.
func (l *Links) Receipt(ctx context.Context, writer, partner string, index int64) (text []byte, err error) {
	err = l.db.View(ctx, func(tx *db.Tx) error {
		text, err = receipt(ctx, tx, exchange.Origin(writer, partner), index)
		return err
	})
	return text, err
}

func receipt(ctx context.Context, tx *db.Tx, origin string, index int64) ([]byte, error) {
	d, err := find(ctx, tx, origin)
	if err != nil {
		return nil, err
	}
	var header, cosigned []byte
	var size int64
	found, err := tx.Row(ctx, `SELECT header FROM entry WHERE log = $1 AND idx = $2`, []any{d.id, index}, &header)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, fault.New(fault.NotFound, "receipt", fmt.Sprintf("there is no entry %d in %s", index, origin), "look the number up in the list of what crossed the link")
	}
	found, err = tx.Row(ctx, `SELECT size, file FROM cosigned WHERE log = $1 AND size > $2 ORDER BY size LIMIT 1`, []any{d.id, index}, &size, &cosigned)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, fault.New(fault.NotFound, "receipt", fmt.Sprintf("entry %d of %s is not cosigned yet", index, origin), "wait for the partner's next bundle")
	}
	path, err := hashlog.Open(ctx, tx, d.id).ProveLeaf(size, index)
	if err != nil {
		return nil, err
	}
	return exchange.WriteReceipt(header, index, path, cosigned), nil
}
