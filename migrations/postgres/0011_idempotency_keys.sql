-- What requests that carry an `Idempotency-Key` were answered, for a day. A row commits with the change its request
-- made. `id` is a hash of who asked, for what, and their key; `request` of the body; `answer` is encrypted, and absent
-- while a request that writes several times is not at its end.

create table idempotency_keys (
    id bytea primary key,
    request bytea not null,
    answer bytea,
    made_at bigint not null,
    expires_at bigint not null
);
create index idempotency_keys_expires_at_idx on idempotency_keys (expires_at);
