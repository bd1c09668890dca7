using MetaService.Json;
using MetaService.Server.Limits;

namespace MetaService.Server.Settings;

/// <summary>What one client, or all of them together, may ask for. All limits are on.</summary>
public sealed class LimitOptions
{
    /// <summary>Largest body of an HTTP request, in bytes.</summary>
    public int BodyBytes { get; set; } = 1024 * 1024;

    /// <summary>Deepest nesting of objects and arrays in a body.</summary>
    public int JsonDepth { get; set; } = ProtoJsonReader.MaxDepth;

    /// <summary>Largest gRPC message, in bytes: a transaction may carry many rowsets.</summary>
    public int GrpcMessageBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>Longest wait for the head of a request, for the first byte of a connection and for a TLS handshake.</summary>
    public TimeSpan HeaderTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest wait for a whole body of an HTTP request.</summary>
    public TimeSpan BodyTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Slowest pace at which a body is sent or a reply is read, in bytes per second, after <see cref="PaceGrace"/>.
    /// </summary>
    public int BytesPerSecond { get; set; } = 240;

    /// <summary>How long a client may be slower than <see cref="BytesPerSecond"/>.</summary>
    public TimeSpan PaceGrace { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a connection may stay open without a request.</summary>
    public TimeSpan KeepAlive { get; set; } = TimeSpan.FromSeconds(130);

    /// <summary>Most connections at a time, over all listeners.</summary>
    public int Connections { get; set; } = 8192;

    /// <summary>Most requests at a time on one HTTP/2 connection; clients wait for their turn.</summary>
    public int StreamsPerConnection { get; set; } = 256;

    /// <summary>Most calls that work at a time; 0 is 64 for each processor.</summary>
    public int Concurrency { get; set; }

    /// <summary>Most calls that wait for their turn in a burst; 0 is 512 for each processor.</summary>
    public int Queue { get; set; }

    /// <summary>
    /// Most calls that wait once there has been a queue for <see cref="BurstTime"/>; 0 is 64 for each processor.
    /// </summary>
    public int StandingQueue { get; set; }

    /// <summary>How long a queue may stand and still be a burst.</summary>
    public TimeSpan BurstTime { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Longest wait of a call for its turn.</summary>
    public TimeSpan QueueTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Most memory for replies to reads that are kept for the next who asks the same, in bytes; 0 keeps none.</summary>
    public int ReplyCacheBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>Most calls per second of one endpoint or RPC on one instance.</summary>
    public long Qps { get; set; } = 1_000_000;

    /// <summary>The same for single endpoints or RPCs, by name.</summary>
    public IDictionary<string, long> QpsByName { get; init; } = new Dictionary<string, long>(StringComparer.Ordinal);

    /// <summary>Most calls per second of all endpoints and RPCs together on an instance, by instance id.</summary>
    public IDictionary<string, long> QpsByInstance { get; init; } = new Dictionary<string, long>(StringComparer.Ordinal);

    /// <summary>The limits on calls at a time, with their defaults for this machine.</summary>
    public AdmissionLimits Admission()
    {
        var queue = Or(Queue, 512);
        return new AdmissionLimits(Or(Concurrency, 64), queue, Math.Min(queue, Or(StandingQueue, 64)), BurstTime, QueueTimeout);

        static int Or(int value, int perProcessor) => value > 0 ? value : perProcessor * Environment.ProcessorCount;
    }
}
