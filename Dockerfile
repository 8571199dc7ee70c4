# The production image: one binary without the development provider, run by a user without rights.
#   docker build -t freehold .

FROM rust:1.95-slim-bookworm AS builder
WORKDIR /build

# The dependencies first, against an empty program: this layer is kept until Cargo.toml or Cargo.lock change.
# The test and the benches are named in Cargo.toml, so they must be there too.
COPY Cargo.toml Cargo.lock ./
RUN mkdir -p src tests/it benches \
    && touch src/lib.rs \
    && echo 'fn main() {}' | tee src/main.rs tests/it/main.rs benches/decision.rs benches/http.rs > /dev/null \
    && cargo build --release --locked --no-default-features

# Then ours. Cargo looks at times, and copied files are older than the empty program.
COPY . .
RUN touch src/lib.rs src/main.rs \
    && cargo build --release --locked --no-default-features

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data --create-home freehold
COPY --from=builder /build/target/release/freehold /usr/local/bin/freehold
COPY LICENSE /usr/share/doc/freehold/LICENSE

USER 10001
WORKDIR /data
VOLUME /data
# Inside a container loopback reaches nobody. Publish 3000 through a proxy that speaks TLS; 3100 is for operators.
ENV FREEHOLD_LISTEN=0.0.0.0:3000 \
    FREEHOLD_OPS_LISTEN=0.0.0.0:3100 \
    FREEHOLD_DATA=/data \
    FREEHOLD_LOG_FORMAT=json
EXPOSE 3000 3100
# No HEALTHCHECK: who sends traffic asks /readyz, which also knows about draining.
STOPSIGNAL SIGTERM
ENTRYPOINT ["freehold"]
CMD ["serve"]
