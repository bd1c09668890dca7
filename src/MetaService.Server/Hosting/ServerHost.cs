using System.Runtime.CompilerServices;
using MetaService.Domain.Audit;
using MetaService.Domain.Clusters;
using MetaService.Domain.Instances;
using MetaService.Domain.Secrets;
using MetaService.Domain.Stages;
using MetaService.Domain.Tablets;
using MetaService.Domain.Txns;
using MetaService.Domain.Vaults;
using MetaService.Keys;
using MetaService.Maintenance.Copying;
using MetaService.Security;
using MetaService.Server.Access;
using MetaService.Server.Hosting.Reload;
using MetaService.Server.Hosting.SharedPort;
using MetaService.Server.Hosting.Tls;
using MetaService.Server.Http;
using MetaService.Server.Limits;
using MetaService.Server.Logging;
using MetaService.Server.OpenApi;
using MetaService.Server.Replies;
using MetaService.Server.Rpc;
using MetaService.Server.Secrets;
using MetaService.Server.Settings;
using MetaService.Server.Stores;
using MetaService.Storage;
using Microsoft.AspNetCore.Connections;
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
    /// <param name="log">Where the log goes, not closed; standard output unless given.</param>
    /// <exception cref="SettingsException">A setting makes no sense or is not safe.</exception>
    /// <exception cref="StoreOpenException">The store refuses to open.</exception>
    /// <exception cref="SecretKeyException">
    /// The keys for its secrets are missing, malformed or not those of the store.
    /// </exception>
    public static WebApplication Build(
        ServerOptions options, Func<Task<IKvStore>>? openStore = null, TimeProvider? time = null, Stream? log = null)
    {
        LimitChecks.Check(options.Limits);
        var access = new AccessSetup(options);
        var tls = Certificates(options.Tls);
        var listeners = new Listeners(options, tls);
        var keys = KeySources.Create(options);
        var level = LevelOf(options);

        // Opening the store, reading the descriptors of the records and putting the server together need nothing of each other.
        time ??= TimeProvider.System;
        var store = Task.Run(openStore ?? (() => StoreFactory.OpenAsync(options, time)));
        _ = Task.Run(() => RuntimeHelpers.RunClassConstructor(typeof(KeySpace).TypeHandle));
        var pump = new LogPump(log ?? Console.OpenStandardOutput(), TimeProvider.System);
        var logger = CreateLogger(level, pump);

        // Nothing of ASP.NET's own configuration is read, so that no stray variable opens another listener.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "metaservice" });
        builder.Services.AddSerilog(logger, dispose: true);
        builder.Services.AddSingleton(pump); // Closed by the logger, after its last line.
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(listeners.Configure);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(options.ShutdownSeconds));
        access.AddTo(builder.Services);
        if (tls is not null)
        {
            builder.Services.AddSingleton<IReloadable>(tls);
        }

        AddServices(builder.Services, options, store, keys, time);

        var app = builder.Build();
        MapEndpoints(app, options, logger.ForContext<RequestLog>().IsEnabled(LogEventLevel.Information));
        access.Warn(app.Services.GetRequiredService<ILogger<AccessSetup>>());
        return app;
    }

    private static TlsCertificates? Certificates(TlsOptions options)
    {
        if (options.IsOn)
        {
            return new TlsCertificates(options, TimeProvider.System);
        }

        TlsCertificates.CheckOff(options);
        return null;
    }

    private static void AddServices(
        IServiceCollection services, ServerOptions options, Task<IKvStore> store, IKeySource keys, TimeProvider time)
    {
        services.AddRouting();
        services.AddHttpClient();
        services.AddSingleton(options);
        services.AddDomain(options, store, keys, time);
        services.AddLoadLimits(options.Limits);
        services.AddSingleton<ReadyReplies>().AddSingleton<ReadPaths>();
        services.AddHostedService<ReloadWorker>();
        services.AddHostedService<KeyReloader>();
        services.AddSingleton(options.Housekeeping).AddHostedService<HousekeepingWorker>();
        services.AddSingleton<ClusterStatusEndpoint>();
        services.AddSingleton<IConnectionListenerFactory, SharedPortTransport>();
        services.AddSwaggerDocument();
        services.AddRpcs(options.Limits);
    }

    private static void MapEndpoints(WebApplication app, ServerOptions options, bool tellsOfRequests)
    {
        var store = app.Services.GetRequiredService<IKvStore>(); // Opened here, so that a refusal ends the start.
        StoreCopier.RequireFinishedAsync(app.Services.GetRequiredService<TransactionRunner>()).GetAwaiter().GetResult();
        app.Services.GetRequiredService<SecretKeys>().StartAsync(CancellationToken.None).GetAwaiter().GetResult();
        if (options.LogRequests && tellsOfRequests)
        {
            app.UseMiddleware<RequestLog>();
        }

        if (app.Services.GetRequiredService<ReadyReplies>().IsOn)
        {
            app.UseMiddleware<ReadyReplyGate>();
        }

        app.UseMiddleware<RequestScope>();
        app.UseMiddleware<DefectGuard>();
        JsonRpcEndpoints.UseSharedPath(app);
        app.UseRouting();
        app.UseSwaggerDocument();
        app.UseMiddleware<RpcGate>();
        var api = ActivatorUtilities.CreateInstance<HttpApi>(app.Services, (IEndpointRouteBuilder)app);
        InstanceEndpoints.Map(api, app.Services.GetRequiredService<InstanceService>());
        ClusterEndpoints.Map(api, app.Services.GetRequiredService<ClusterService>());
        ObjectStoreEndpoints.Map(api, app.Services.GetRequiredService<ObjectStoreService>());
        KeyEndpoints.Map(api, app.Services.GetRequiredService<TransactionRunner>());
        SecretEndpoints.Map(api, app.Services.GetRequiredService<SecretRotation>());
        AuditEndpoint.Map(api, app.Services.GetRequiredService<AuditService>());
        TxnEndpoints.Map(
            api,
            app.Services.GetRequiredService<TxnService>(),
            app.Services.GetRequiredService<TabletStatsService>(),
            app.Services.GetRequiredService<StageService>());
        RateLimitEndpoints.Map(
            api,
            app.Services.GetRequiredService<RateLimits>(),
            app.Services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(RateLimitEndpoints)));
        TextRpcEndpoints.Map(api, app.Services.GetRequiredService<RpcCatalogue>());
        api.MapRest();
        JsonRpcEndpoints.Map(api, app.Services.GetRequiredService<RpcCatalogue>());
        LimitChecks.CheckNames(options.Limits, app.Services.GetRequiredService<RateLimits>());
        app.MapRpcs();
        app.Services.GetRequiredService<ClusterStatusEndpoint>().Map(app);
        HealthEndpoints.Map(app, store);
    }

    private static LogEventLevel LevelOf(ServerOptions options) =>
        Enum.TryParse<LogEventLevel>(options.LogLevel, ignoreCase: true, out var level)
            ? level
            : throw new SettingsException($"LogLevel: '{options.LogLevel}' is not one of Debug, Information, Warning, Error");

    private static Logger CreateLogger(LogEventLevel level, LogPump log) =>
        new LoggerConfiguration()
            .MinimumLevel.Is(level)
            .MinimumLevel.Override("Microsoft", LogEventLevel.Warning) // Its request lines would hold query strings, and so tokens.
            .MinimumLevel.Override("Microsoft.AspNetCore.Hosting.Diagnostics", LevelAlias.Off) // RequestScope stands in for it.
            .MinimumLevel.Override("Microsoft.Hosting.Lifetime", LogEventLevel.Information)
            .MinimumLevel.Override("System.Net.Http", LogEventLevel.Warning)
            .MinimumLevel.Override("Grpc", LogEventLevel.Warning) // It names a method that there is not: what the client typed.
            .Enrich.With<WithoutRequestPath>()
            .WriteTo.Sink(new LogPumpSink(new RenderedCompactJsonFormatter(), log))
            .CreateLogger();

    /// <summary>Takes out what ASP.NET adds to each event of a request: a path is whatever the client typed.</summary>
    private sealed class WithoutRequestPath : ILogEventEnricher
    {
        public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory) => logEvent.RemovePropertyIfPresent("RequestPath");
    }
}
