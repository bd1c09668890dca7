# syntax=docker/dockerfile:1

# The image of a server: docker build -t metaservice .
# The tests, with all stores built in: docker build --target test .
# Every step that runs something runs on the builder's own platform, so that building for another one needs no emulation.

# Whether the store foundationdb is built in, and its native client library put into the image.
ARG WITH_FOUNDATIONDB=true

# What a restore reads. A change of code leaves this stage and the restores after it in the cache.
FROM --platform=$BUILDPLATFORM mcr.microsoft.com/dotnet/sdk:10.0 AS projects
WORKDIR /build
COPY global.json Directory.Build.props Directory.Packages.props MetaService.sln ./
COPY bench/MetaService.Bench/MetaService.Bench.csproj bench/MetaService.Bench/
COPY src/MetaService.Core/MetaService.Core.csproj src/MetaService.Core/
COPY src/MetaService.Protos/MetaService.Protos.csproj src/MetaService.Protos/
COPY src/MetaService.Server/MetaService.Server.csproj src/MetaService.Server/
COPY src/MetaService.Storage.FoundationDb/MetaService.Storage.FoundationDb.csproj src/MetaService.Storage.FoundationDb/
COPY src/MetaService.Storage.RocksDb/MetaService.Storage.RocksDb.csproj src/MetaService.Storage.RocksDb/
COPY tests/MetaService.ApiTests/MetaService.ApiTests.csproj tests/MetaService.ApiTests/
COPY tests/MetaService.ReliabilityTests/MetaService.ReliabilityTests.csproj tests/MetaService.ReliabilityTests/
COPY tests/MetaService.TestKit/MetaService.TestKit.csproj tests/MetaService.TestKit/
COPY tests/MetaService.UnitTests/MetaService.UnitTests.csproj tests/MetaService.UnitTests/

FROM projects AS test
ARG WITH_FOUNDATIONDB
RUN dotnet restore MetaService.sln -p:WithFoundationDb=${WITH_FOUNDATIONDB}
COPY . .
RUN dotnet test MetaService.sln --no-restore -p:WithFoundationDb=${WITH_FOUNDATIONDB}

FROM projects AS publish
ARG TARGETARCH
ARG WITH_FOUNDATIONDB
# The runtime identifier is given as a property: given with -r a restore would leave out what compiles ahead of time.
RUN case "${TARGETARCH}" in \
        amd64) echo linux-x64 ;; \
        arm64) echo linux-arm64 ;; \
        *) echo "there is no image for '${TARGETARCH}': build with BuildKit, for linux/amd64 or linux/arm64" >&2; exit 1 ;; \
    esac > /rid \
    && dotnet restore src/MetaService.Server -p:RuntimeIdentifier="$(cat /rid)" -p:WithFoundationDb=${WITH_FOUNDATIONDB}
COPY .editorconfig ./
COPY src/ src/
# Of the variants of RocksDB that its package brings, the process loads librocksdb.so.
RUN dotnet publish src/MetaService.Server --no-restore -c Release -r "$(cat /rid)" --self-contained false \
        -p:WithFoundationDb=${WITH_FOUNDATIONDB} -o /app \
    && rm -f /app/librocksdb-*.so \
    && chmod -R a+rX /app \
    && mkdir /empty

# FoundationDB's own client library, which the .NET client loads from beside the application. Releases of 7.3 with an odd last number
# need a processor with AVX; the one before each is the same without. A checksum that is not given is the one that the release
# publishes beside the file, which proves a whole download only: give it to pin the file.
FROM --platform=$BUILDPLATFORM mcr.microsoft.com/dotnet/sdk:10.0 AS fdb-client
ARG TARGETARCH
ARG WITH_FOUNDATIONDB
ARG FDB_CLIENT_VERSION=7.3.69
ARG FDB_CLIENT_SHA256_AMD64=
ARG FDB_CLIENT_SHA256_ARM64=
ARG FDB_CLIENT_RELEASES=https://github.com/apple/foundationdb/releases/download
WORKDIR /client
RUN set -eu; \
    if [ "${WITH_FOUNDATIONDB}" != true ]; then exit 0; fi; \
    case "${TARGETARCH}" in \
        amd64) file=libfdb_c.x86_64.so; sha256="${FDB_CLIENT_SHA256_AMD64}" ;; \
        arm64) file=libfdb_c.aarch64.so; sha256="${FDB_CLIENT_SHA256_ARM64}" ;; \
        *) echo "FoundationDB has no client library for '${TARGETARCH}'" >&2; exit 1 ;; \
    esac; \
    url="${FDB_CLIENT_RELEASES}/${FDB_CLIENT_VERSION}/${file}"; \
    curl -fsSL --retry 3 -o libfdb_c.so "${url}"; \
    if [ -z "${sha256}" ]; then \
        curl -fsSL --retry 3 -o /tmp/published "${url}.sha256"; \
        read -r sha256 rest < /tmp/published || [ -n "${sha256}" ]; \
    fi; \
    echo "${sha256}  libfdb_c.so" | sha256sum -c -

FROM mcr.microsoft.com/dotnet/aspnet:10.0 AS final
ARG VERSION=0.1.0
ARG REVISION=
LABEL org.opencontainers.image.title="MetaService" \
      org.opencontainers.image.description="The metadata service of a compute-storage-decoupled Apache Doris" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="mcr.microsoft.com/dotnet/aspnet:10.0"
# Reached from outside the container, the server asks for a token of its own: METASERVICE__TOKEN, which no image can hold.
ENV PATH="/app:${PATH}" \
    METASERVICE__LISTEN=0.0.0.0:5000 \
    METASERVICE__DATA=/data
COPY --from=fdb-client /client/ /app/
COPY --from=publish /app/ /app/
COPY --from=publish --chown=${APP_UID}:${APP_UID} --chmod=700 /empty/ /data/
USER ${APP_UID}
WORKDIR /data
VOLUME /data
EXPOSE 5000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["metaservice", "health"]
ENTRYPOINT ["metaservice"]
CMD ["serve"]
