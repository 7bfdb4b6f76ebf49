/** Where Debian's node exporter reads figures of others, in files whose names end with `.prom`. */
export const figuresFolder = '/var/lib/prometheus/node-exporter'
