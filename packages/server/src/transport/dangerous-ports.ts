/** Ports from 1024 up of services that are not web servers but may act on an HTTP request. */
const DANGEROUS_PORTS: ReadonlySet<number> = new Set([
  1433, // SQL Server
  1521, // Oracle
  2049, // NFS
  2181, // ZooKeeper
  2375, // Docker
  2376, // Docker over TLS
  2379, // etcd
  2380, // etcd peers
  3306, // MySQL
  3389, // Remote Desktop
  5060, // SIP
  5061, // SIP over TLS
  5432, // PostgreSQL
  5672, // AMQP
  5900, // VNC
  5984, // CouchDB
  6000, // X11
  6379, // Redis
  6443, // Kubernetes API
  6667, // IRC
  8500, // Consul
  9042, // Cassandra
  9092, // Kafka
  9200, // Elasticsearch
  9300, // Elasticsearch peers
  10250, // kubelet
  11211, // memcached
  27017, // MongoDB
]);

/** Whether a port is 80, 443, or an unprivileged port of no other well-known service. */
export const isWebPort = (port: number): boolean =>
  port === 80 || port === 443 || (port >= 1024 && !DANGEROUS_PORTS.has(port));
