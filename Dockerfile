# docker run --read-only --tmpfs /tmp --volume desk:/var/lib/kelisim --env-file desk.env kelisim
FROM python:3.11-slim AS build
WORKDIR /build
COPY requirements.lock .ci/build.lock ./
RUN python -m venv /opt/kelisim \
    && /opt/kelisim/bin/pip install --no-cache-dir --require-hashes -r requirements.lock \
    && pip install --no-cache-dir --require-hashes -r build.lock
COPY pyproject.toml README.md LICENSE ./
COPY locales locales
COPY src src
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir dist . \
    && /opt/kelisim/bin/pip install --no-cache-dir --no-deps dist/*.whl

FROM python:3.11-slim
COPY --from=build /opt/kelisim /opt/kelisim
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin kelisim \
    && install --directory --owner kelisim --mode 700 /var/lib/kelisim
ENV PATH=/opt/kelisim/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    KELISIM_HOME=/var/lib/kelisim \
    KELISIM_LISTEN=0.0.0.0:8080
USER 10001
VOLUME /var/lib/kelisim
EXPOSE 8080
ENTRYPOINT ["kelisim"]
CMD ["serve"]
