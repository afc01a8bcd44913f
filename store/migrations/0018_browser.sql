-- +goose Up
-- The browser in which she answered, by a digest of its cookie: her page tells
-- her answer to nobody else who holds the link (security.md A6). A sender who
-- may not be told of her yes no longer has a row that knows it.
ALTER TABLE referral ADD COLUMN browser {blob};

-- +goose Down
