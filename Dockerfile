# The service without its database; docker-compose.yml shows the two together.

FROM node:24-slim AS pages
WORKDIR /src/web
COPY web/package.json web/package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY web/ ./
RUN npm run build

FROM python:3.13-slim-trixie
# pg_dump and pg_restore, for `nuanyi db backup`: trixie's are of the major version of the image
# in docker-compose.yml.
RUN apt-get update \
    && apt-get install -y --no-install-recommends postgresql-client-17 \
    && rm -rf /var/lib/apt/lists/*
ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /app
COPY requirements.lock ./
RUN pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY api/ api/
COPY geo/ geo/
COPY seeds/ seeds/
COPY stations/ stations/
COPY web/ web/
COPY --from=pages /src/web/dist/ web/dist/
RUN pip install --no-deps --no-build-isolation -e . \
    && useradd --system --uid 10001 --create-home --home-dir /var/lib/nuanyi nuanyi
USER nuanyi
# The demo logins' passwords are kept there, so they live as long as the volume.
ENV NUANYI_DATA_DIR=/var/lib/nuanyi NUANYI_HOST=0.0.0.0 NUANYI_PORT=8000
VOLUME /var/lib/nuanyi
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s --retries=6 CMD ["python", "-c", \
    "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"NUANYI_PORT\"]}/v1/health/live', timeout=4)"]
CMD ["nuanyi", "serve"]
