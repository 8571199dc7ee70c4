-- Command-line tools that wait to be let in (RFC 8628): from the moment they ask until their token is fetched, at most
-- ten minutes.
create table device_requests (
    id blob not null,
    tenant_id blob not null,
    -- which tool asks
    app_id blob not null,
    -- SHA-256 of what the tool waits with
    device_hash blob not null,
    -- a code made with FREEHOLD_SECRET of what people type, which is too short for a plain hash
    user_code text not null,
    scopes text not null,
    -- the address the tool asked from
    asked_from text not null,
    created_at bigint not null,
    expires_at bigint not null,
    -- microseconds between two questions of the tool, and when it asked last
    pace bigint not null,
    polled_at bigint,
    -- who typed the code last, and then who answered
    user_id blob references users (id) on delete cascade,
    approved_at bigint,
    declined_at bigint,
    -- when the token was fetched: once
    fetched_at bigint,
    constraint device_requests_pkey primary key (id),
    constraint device_requests_device_hash_key unique (device_hash),
    constraint device_requests_user_code_key unique (user_code),
    constraint device_requests_app_fkey foreign key (tenant_id, app_id) references apps (tenant_id, id) on delete cascade,
    constraint device_requests_answer_check check (approved_at is null or declined_at is null),
    constraint device_requests_fetched_check check (fetched_at is null or approved_at is not null)
);
create index device_requests_app_idx on device_requests (tenant_id, app_id);
create index device_requests_user_idx on device_requests (user_id);
create index device_requests_expires_at_idx on device_requests (expires_at);

-- How many codes someone typed lately: too few to find one by trying.
create table device_entries (
    user_id blob not null references users (id) on delete cascade,
    since bigint not null,
    entered bigint not null,
    constraint device_entries_pkey primary key (user_id)
);
