# readiness and Git, for a repository that is mounted at /repo:
#   docker run --rm --network none --volume "$PWD:/repo:ro" readiness
FROM python:3.13-slim-bookworm@sha256:67a1e1f215ccda113cfc024e8639049257e88f273898f595b61476d128d387e8 AS build
WORKDIR /build
RUN python -m venv /opt/readiness
COPY action/requirements.txt action/
RUN /opt/readiness/bin/pip install --no-cache-dir --require-hashes --only-binary :all: \
        --requirement action/requirements.txt
COPY LICENSE README.md pyproject.toml ./
COPY readiness readiness
COPY reports reports
COPY rules rules
COPY templates templates
ARG VERSION=0.0
RUN SETUPTOOLS_SCM_PRETEND_VERSION_FOR_READINESS="$VERSION" \
        /opt/readiness/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.13-slim-bookworm@sha256:67a1e1f215ccda113cfc024e8639049257e88f273898f595b61476d128d387e8
RUN apt-get update \
    && apt-get install --yes --no-install-recommends 'git=1:2.39.*' \
    && rm -rf /var/lib/apt/lists/* \
    && install --directory --mode=1777 /cache
COPY --from=build /opt/readiness /opt/readiness
ENV PATH=/opt/readiness/bin:$PATH \
    READINESS_CACHE_DIR=/cache
# Whose the mounted files are does not matter, so Git needs no safe.directory: what its check guards
# against, the repository's own configuration, is never read.
USER 10001:10001
WORKDIR /repo
# A command that ends has no health to ask for.
HEALTHCHECK NONE
ENTRYPOINT ["readiness"]
CMD ["audit"]
