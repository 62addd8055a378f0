# The server with the built console. Node runs the TypeScript sources.
FROM node:26-bookworm-slim AS build
WORKDIR /app
COPY . .
RUN npx -y pnpm@12 install --frozen-lockfile
RUN npx -y pnpm@12 --filter @bellwire/web run build
# Only what the server needs at run time.
RUN rm -rf node_modules packages/*/node_modules \
  && npx -y pnpm@12 --filter 'bellwire...' install --frozen-lockfile --prod --no-optional \
  && rm -rf bench templates test

FROM node:26-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app /app
# Without PostgreSQL, the data is in /data/.bellwire: mount a volume there.
RUN mkdir /data && chown node:node /data
WORKDIR /data
USER node
EXPOSE 4400
CMD ["node", "/app/packages/cli/src/main.js", "serve"]
