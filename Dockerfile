# The HTTP service. `docker build -t planet-validator .`; needs no writable file system and no privileges.
FROM python:3.11-slim AS build
# What to install beside the service: docker-compose.yml adds the emulators with `service,demo`.
ARG EXTRAS=service
WORKDIR /source
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY docs/findings docs/findings
COPY validator validator
RUN python -m venv /opt/planet-validator \
 && /opt/planet-validator/bin/pip install --no-cache-dir --disable-pip-version-check -c constraints.txt ".[${EXTRAS}]"

# Azurite, of the version that the tests run.
FROM node:22-slim AS azurite
WORKDIR /azurite
COPY validator/emulators/azurite/package.json validator/emulators/azurite/package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund
USER 10001:10001
EXPOSE 10000
ENTRYPOINT ["node", "/azurite/node_modules/azurite/dist/src/blob/main.js"]
CMD ["--blobHost", "0.0.0.0", "--blobPort", "10000", "--inMemoryPersistence", "--disableTelemetry", "--skipApiVersionCheck"]

FROM python:3.11-slim AS service
COPY --from=build /opt/planet-validator /opt/planet-validator
ENV PATH=/opt/planet-validator/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
ENTRYPOINT ["planet-validator"]
# Beyond loopback it starts only with PLANET_VALIDATOR_TOKEN in its environment.
CMD ["serve", "--host", "0.0.0.0", "--port", "8080"]
