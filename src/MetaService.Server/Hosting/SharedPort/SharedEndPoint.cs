using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace MetaService.Server.Hosting.SharedPort;

/// <summary>
/// One of the virtual endpoints of an address on which several protocols are spoken; Kestrel serves each as if it had a port of
/// its own.
/// </summary>
/// <param name="address">The real address.</param>
/// <param name="protocol">The one protocol of this endpoint.</param>
/// <param name="served">The protocols of all endpoints of the address.</param>
public sealed class SharedEndPoint(IPEndPoint address, HttpProtocols protocol, HttpProtocols served) : EndPoint
{
    public IPEndPoint Address { get; } = address;

    public HttpProtocols Protocol { get; } = protocol;

    public HttpProtocols Served { get; } = served;

    /// <summary>What Kestrel reports as the address that it listens on.</summary>
    public override string ToString() => Protocol == HttpProtocols.Http2 ? $"{Address} (gRPC)" : Address.ToString();
}
