# The image of the server: no shell, no package manager, a user without rights. It writes no file, so it runs
# with a read-only root. Pass the digest of a base image that you have checked:
#   docker build --build-arg BASE_IMAGE=gcr.io/distroless/nodejs24-debian12@sha256:… -t messages-api .
ARG BUILD_IMAGE=docker.io/library/node:24-slim
ARG BASE_IMAGE=gcr.io/distroless/nodejs24-debian12:nonroot

FROM ${BUILD_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig*.json ./
COPY src ./src
RUN npm run build
# Traces need the optional packages: --build-arg OPTIONAL=include
ARG OPTIONAL=omit
RUN npm ci --omit=dev --omit=peer --${OPTIONAL}=optional

FROM ${BASE_IMAGE}
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="messages-api" \
  org.opencontainers.image.description="A protected REST API for Auth0 access tokens" \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY openapi.yaml ./
ENV NODE_ENV=production METRICS_HOST=0.0.0.0 NODE_OPTIONS=--enable-source-maps
USER 65532:65532
EXPOSE 6060
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["/nodejs/bin/node", "dist/healthcheck/main.js"]
ENTRYPOINT ["/nodejs/bin/node"]
CMD ["dist/main.js"]
