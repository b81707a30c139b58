# The service in a container: docs/serving.md says how it is run.
FROM python:3.11-slim AS build
# Where wheels of torch for the CPU are found; empty takes PyPI's, which bring CUDA along.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
WORKDIR /src
RUN python -m venv /opt/sumtune
COPY constraints.txt ./
RUN torch=$(grep '^torch==' constraints.txt) \
    && /opt/sumtune/bin/pip install --no-cache-dir ${TORCH_INDEX:+--index-url $TORCH_INDEX} "$torch"
COPY pyproject.toml README.md LICENSE ./
COPY src ./src
# The kernels are compiled here for every processor of this architecture, so the image needs no compiler.
RUN apt-get update && apt-get install --no-install-recommends -y gcc libc6-dev && rm -rf /var/lib/apt/lists/* \
    && /opt/sumtune/bin/pip install --no-cache-dir --constraint constraints.txt '.[embedded]' \
    && /opt/sumtune/bin/python -m sumtune.kernels --into-package

FROM python:3.11-slim
RUN useradd --create-home --uid 10001 sumtune && install -d -o sumtune /run-folder /cache
COPY --from=build /opt/sumtune /opt/sumtune
ENV PATH=/opt/sumtune/bin:$PATH PYTHONUNBUFFERED=1 SUMTUNE_CACHE=/cache
USER sumtune
VOLUME ["/run-folder", "/cache"]
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health', timeout=4)"]
# Reachable from outside the container, so SUMTUNE_API_KEY must be set.
CMD ["sumtune", "serve", "--run-dir", "/run-folder", "--host", "0.0.0.0"]
