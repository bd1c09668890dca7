using System.Net;
using System.Runtime.CompilerServices;
using MetaService.Domain.Clusters;
using MetaService.Domain.Instances;
using MetaService.Domain.Stages;
using MetaService.Domain.Tablets;
using MetaService.Domain.Txns;
using MetaService.Domain.Vaults;
using MetaService.Keys;
using MetaService.Maintenance.Copying;
using MetaService.Server.Hosting.SharedPort;
using MetaService.Server.Http;
using MetaService.Server.OpenApi;
using MetaService.Server.Rpc;
using MetaService.Server.Settings;
using MetaService.Server.Stores;
using MetaService.Storage;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Compact;

namespace MetaService.Server.Hosting;

/// <summary>Puts the server together: store, services, listener, endpoints.</summary>
public static class ServerHost
{
    /// <summary>Builds the server; the store is open when this returns and closed when the application is disposed.</summary>
    /// <param name="openStore">Opens another store than the settings name, which the server then owns.</param>
    /// <param name="time">The clock that records, leases and timeouts go by; the system's unless given.</param>
    /// <exception cref="SettingsException">A setting makes no sense or is not safe.</exception>
    /// <exception cref="StoreOpenException">The store refuses to open.</exception>
    public static WebApplication Build(ServerOptions options, Func<Task<IKvStore>>? openStore = null, TimeProvider? time = null)
    {
        var gate = new TokenGate(options.AcceptedTokens());
        var endpoints = options.Endpoints();
        var rpcEndpoints = options.RpcEndpoints();
        var logger = CreateLogger(options);

        // Opening the store, reading the descriptors of the records and putting the server together need nothing of each other.
        time ??= TimeProvider.System;
        var store = Task.Run(openStore ?? (() => StoreFactory.OpenAsync(options, time)));
        _ = Task.Run(() => RuntimeHelpers.RunClassConstructor(typeof(KeySpace).TypeHandle));

        // Nothing of ASP.NET's own configuration is read, so that no stray variable opens another listener.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "metaservice" });
        builder.Services.AddSerilog(logger, dispose: true);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null; // RequestBody and gRPC have limits, and replies, of their own.
            foreach (var endpoint in endpoints)
            {
                Listen(kestrel, endpoint, HttpProtocols.Http1);
                Listen(kestrel, endpoint, HttpProtocols.Http2);
            }

            foreach (var endpoint in rpcEndpoints)
            {
                Listen(kestrel, endpoint, HttpProtocols.Http2);
            }
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(options.ShutdownSeconds));
        AddServices(builder.Services, options, gate, store, time);

        var app = builder.Build();
        MapEndpoints(app, options);
        return app;
    }

    // The address is shared: SharedPortTransport listens once and sorts the connections by protocol.
    private static void Listen(KestrelServerOptions kestrel, IPEndPoint address, HttpProtocols protocol) =>
        kestrel.Listen(new SharedEndPoint(address, protocol), listen => listen.Protocols = protocol);

    private static void AddServices(
        IServiceCollection services, ServerOptions options, TokenGate gate, Task<IKvStore> store, TimeProvider time)
    {
        services.AddRouting();
        services.AddHttpClient();
        services.AddSingleton(options);
        services.AddSingleton(gate);
        services.AddDomain(options, store, time);
        services.AddSingleton(options.Housekeeping).AddHostedService<HousekeepingWorker>();
        services.AddSingleton<ClusterStatusEndpoint>();
        services.AddSingleton<IConnectionListenerFactory, SharedPortTransport>();
        services.AddSwaggerDocument();
        services.AddRpcs();
    }

    private static void MapEndpoints(WebApplication app, ServerOptions options)
    {
        var store = app.Services.GetRequiredService<IKvStore>(); // Opened here, so that a refusal ends the start.
        RefuseUnfinishedCopy(app.Services.GetRequiredService<TransactionRunner>());
        if (options.LogRequests)
        {
            app.UseMiddleware<RequestLog>();
        }

        JsonRpcEndpoints.UseSharedPath(app);
        app.UseRouting();
        app.UseSwaggerDocument();
        var api = new HttpApi(app, app.Services.GetRequiredService<TokenGate>(), app.Services.GetRequiredService<ILogger<HttpApi>>());
        InstanceEndpoints.Map(api, app.Services.GetRequiredService<InstanceService>());
        ClusterEndpoints.Map(api, app.Services.GetRequiredService<ClusterService>());
        ObjectStoreEndpoints.Map(api, app.Services.GetRequiredService<ObjectStoreService>());
        KeyEndpoints.Map(api, app.Services.GetRequiredService<TransactionRunner>());
        TxnEndpoints.Map(
            api,
            app.Services.GetRequiredService<TxnService>(),
            app.Services.GetRequiredService<TabletStatsService>(),
            app.Services.GetRequiredService<StageService>());
        TextRpcEndpoints.Map(api, app.Services.GetRequiredService<RpcCatalogue>());
        api.MapRest();
        JsonRpcEndpoints.Map(api, app.Services.GetRequiredService<RpcCatalogue>());
        app.MapRpcs();
        app.Services.GetRequiredService<ClusterStatusEndpoint>().Map(app);
        HealthEndpoints.Map(app, store);
    }

    private static void RefuseUnfinishedCopy(TransactionRunner runner)
    {
        if (StoreCopier.IsUnfinishedAsync(runner).GetAwaiter().GetResult())
        {
            throw new StoreOpenException(
                runner.Store.Kind,
                "the store holds a copy of another one that was not finished; run 'metaservice store copy' to its end first");
        }
    }

    private static Logger CreateLogger(ServerOptions options)
    {
        if (!Enum.TryParse<LogEventLevel>(options.LogLevel, ignoreCase: true, out var level))
        {
            throw new SettingsException($"LogLevel: '{options.LogLevel}' is not one of Debug, Information, Warning, Error");
        }

        return new LoggerConfiguration()
            .MinimumLevel.Is(level)
            .MinimumLevel.Override("Microsoft", LogEventLevel.Warning) // Its request lines would hold query strings, and so tokens.
            .MinimumLevel.Override("Microsoft.Hosting.Lifetime", LogEventLevel.Information)
            .MinimumLevel.Override("System.Net.Http", LogEventLevel.Warning)
            .Enrich.With<WithoutRequestPath>()
            .WriteTo.Console(new RenderedCompactJsonFormatter())
            .CreateLogger();
    }

    /// <summary>Takes out what ASP.NET adds to each event of a request: a path is whatever the client typed.</summary>
    private sealed class WithoutRequestPath : ILogEventEnricher
    {
        public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory) => logEvent.RemovePropertyIfPresent("RequestPath");
    }
}
