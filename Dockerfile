# The HTTP service. `docker build -t planet-validator .`; needs no writable file system and no privileges.
FROM python:3.11-slim@sha256:9c900dea9e8fb7e16277c179b555cc72d29a352dbc33cff48ad5a0412fd5bfc7 AS build
# Which list of requirements/: docker-compose.yml adds the emulators with `demo`. No file is installed but of a known hash.
ARG REQUIREMENTS=service
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY requirements requirements
COPY validator validator
COPY planet_validator planet_validator
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -I -m venv /opt/planet-validator \
 && /opt/planet-validator/bin/python -I -m pip install --no-deps --require-hashes -r requirements/build.txt -r "requirements/${REQUIREMENTS}.txt" \
 && /opt/planet-validator/bin/python -I -m pip install --no-deps --no-build-isolation .

# Azurite, of the version that the tests run.
FROM node:22-slim@sha256:83f487e0a63425e5b4d146fb5e5be574bcbe1b7b843d3ebafdd95eaf7767a7e5 AS azurite
WORKDIR /azurite
COPY validator/demo/emulators/azurite/package.json validator/demo/emulators/azurite/package-lock.json ./
RUN npm ci --ignore-scripts --omit=dev --no-audit --no-fund
USER 10001:10001
EXPOSE 10000
ENTRYPOINT ["node", "/azurite/node_modules/azurite/dist/src/blob/main.js"]
CMD ["--blobHost", "0.0.0.0", "--blobPort", "10000", "--inMemoryPersistence", "--disableTelemetry", "--skipApiVersionCheck"]

FROM python:3.11-slim@sha256:9c900dea9e8fb7e16277c179b555cc72d29a352dbc33cff48ad5a0412fd5bfc7 AS service
COPY --from=build /opt/planet-validator /opt/planet-validator
ENV PATH=/opt/planet-validator/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
  CMD ["python", "-I", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
ENTRYPOINT ["planet-validator"]
# Beyond loopback it starts only with PLANET_VALIDATOR_TOKEN in its environment.
CMD ["serve", "--host", "0.0.0.0", "--port", "8080"]
